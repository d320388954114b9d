import Manifests
import Testing

@Suite("The health of volume claims, Services and Ingresses")
struct ServiceHealthTests {
  private func claim(_ status: String) -> String {
    """
    {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data","namespace":"shop","uid":"c1"},
    "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"local"},"status":{"phase":"\(status)"}}
    """
  }

  @Test("a volume claim is Healthy when bound and Degraded when its volume is lost")
  func claims() throws {
    #expect(try verdict(claim("Bound")) == "Healthy")
    #expect(try verdict(claim("Lost")) == "Degraded! its volume is lost")
    #expect(try verdict(claim("Pending")) == "Progressing! not bound to a volume")
  }

  @Test("a pending claim whose class waits for its first consumer never blocks")
  func firstConsumer() throws {
    let late = Neighbours(classes: ["local": ["volumeBindingMode": "WaitForFirstConsumer"]])
    let now = Neighbours(classes: ["local": ["volumeBindingMode": "Immediate"]])
    #expect(try verdict(claim("Pending"), beside: late) == "Progressing waits for the first Pod that uses it")
    #expect(try verdict(claim("Pending"), beside: now) == "Progressing! not bound to a volume")
  }

  private func service(_ type: String, _ balancer: String) -> String {
    """
    {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},
    "spec":{"type":"\(type)","clusterIP":"10.0.0.10"},"status":{"loadBalancer":{\(balancer)}}}
    """
  }

  @Test("a load balancer without an address is Progressing and does not block; any other Service is Healthy")
  func services() throws {
    #expect(try verdict(service("ClusterIP", "")) == "Healthy")
    #expect(try verdict(service("LoadBalancer", "\"ingress\":[{\"ip\":\"192.0.2.7\"}]")) == "Healthy")
    #expect(try verdict(service("LoadBalancer", "\"ingress\":[{\"hostname\":\"lb.example.com\"}]")) == "Healthy")
    #expect(
      try verdict(service("LoadBalancer", "")) == "Progressing no load balancer has given it an address")
  }

  @Test("an Ingress without an address never blocks")
  func ingress() throws {
    func ingress(_ balancer: String) -> String {
      """
      {"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"web","namespace":"shop"},
      "spec":{"rules":[]},"status":{"loadBalancer":{\(balancer)}}}
      """
    }
    #expect(try verdict(ingress("\"ingress\":[{\"ip\":\"192.0.2.7\"}]")) == "Healthy")
    #expect(try verdict(ingress("")) == "Progressing no ingress controller has given it an address")
  }
}
