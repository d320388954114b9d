import Foundation
import FoundationNetworking
import LocalFleet

/// The hub's port for its operators' tools.
struct AdminPort {
  struct Answer {
    var status: Int
    var type: String
    var text: String
  }

  let port: Int

  func get(_ path: String) async throws -> Answer {
    guard let url = URL(string: "http://127.0.0.1:\(port)/\(path)") else { throw URLError(.badURL) }
    let (data, response) = try await URLSession.shared.data(from: url)
    guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
    return Answer(
      status: response.statusCode, type: response.value(forHTTPHeaderField: "Content-Type") ?? "",
      text: String(decoding: data, as: UTF8.self))
  }

  /// What `/metrics` says of one sample, named with its labels as they are written there.
  func sample(_ name: String) async throws -> Double? {
    try await get("metrics").text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
      .flatMap { Double($0.dropFirst(name.count + 1)) }
  }
}
