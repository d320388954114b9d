import Testing

@Suite("The health of CRDs, APIServices and autoscalers")
struct PlatformHealthTests {
  private func object(_ apiVersion: String, _ kind: String, _ conditions: String) -> String {
    """
    {"apiVersion":"\(apiVersion)","kind":"\(kind)","metadata":{"name":"x"},"spec":{},
    "status":{"conditions":[\(conditions)]}}
    """
  }

  @Test(
    "a CustomResourceDefinition",
    arguments: [
      ("", "Progressing! not established yet"),
      (
        "{\"type\":\"NamesAccepted\",\"status\":\"True\",\"reason\":\"NoConflicts\"},"
          + "{\"type\":\"Established\",\"status\":\"True\",\"reason\":\"InitialNamesAccepted\"}", "Healthy"
      ),
      (
        "{\"type\":\"NamesAccepted\",\"status\":\"False\",\"reason\":\"PluralConflict\",\"message\":\"taken\"}",
        "Degraded! PluralConflict: taken"
      ),
      (
        "{\"type\":\"Established\",\"status\":\"False\",\"reason\":\"Installing\",\"message\":\"soon\"}",
        "Progressing! Installing: soon"
      ),
      ("{\"type\":\"Established\",\"status\":\"False\",\"reason\":\"NotAccepted\"}", "Degraded! NotAccepted"),
    ])
  func customResourceDefinition(conditions: String, expected: String) throws {
    #expect(try verdict(object("apiextensions.k8s.io/v1", "CustomResourceDefinition", conditions)) == expected)
  }

  @Test("an APIService is Healthy when it is Available")
  func apiService() throws {
    let available = "{\"type\":\"Available\",\"status\":\"True\",\"reason\":\"Passed\"}"
    let broken = "{\"type\":\"Available\",\"status\":\"False\",\"reason\":\"MissingEndpoints\",\"message\":\"none\"}"
    #expect(try verdict(object("apiregistration.k8s.io/v1", "APIService", available)) == "Healthy")
    #expect(
      try verdict(object("apiregistration.k8s.io/v1", "APIService", broken))
        == "Progressing! MissingEndpoints: none")
  }

  @Test(
    "a HorizontalPodAutoscaler",
    arguments: [
      ("", "Progressing! its controller has not begun to scale"),
      ("{\"type\":\"AbleToScale\",\"status\":\"True\",\"reason\":\"ReadyForNewScale\"}", "Healthy"),
      ("{\"type\":\"ScalingLimited\",\"status\":\"True\",\"reason\":\"TooFewReplicas\"}", "Healthy"),
      (
        "{\"type\":\"AbleToScale\",\"status\":\"False\",\"reason\":\"FailedGetScale\",\"message\":\"not found\"}",
        "Degraded! FailedGetScale: not found"
      ),
      (
        "{\"type\":\"AbleToScale\",\"status\":\"True\",\"reason\":\"SucceededGetScale\"},{\"type\":\"ScalingActive\","
          + "\"status\":\"False\",\"reason\":\"FailedGetResourceMetric\",\"message\":\"no metrics\"}",
        "Degraded! FailedGetResourceMetric: no metrics"
      ),
    ])
  func autoscaler(conditions: String, expected: String) throws {
    #expect(try verdict(object("autoscaling/v2", "HorizontalPodAutoscaler", conditions)) == expected)
  }

  @Test("version 1 of the autoscaler keeps its conditions in an annotation")
  func autoscalerVersion1() throws {
    let text = """
      {"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"x","annotations":{
      "autoscaling.alpha.kubernetes.io/conditions":
      "[{\\"type\\":\\"AbleToScale\\",\\"status\\":\\"False\\",\\"reason\\":\\"FailedUpdateScale\\"}]"}},"spec":{}}
      """
    #expect(try verdict(text) == "Degraded! FailedUpdateScale")
  }
}
