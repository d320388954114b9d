import AsyncHTTPClient
import Digests
import Foundation
import Manifests
import NIOCore
import NIOHTTP1
import Trust

/// A static web server.
enum Web {
  /// The bytes at a URL; nil for 403 and 404, which TUF holds for the same. Throws beyond `limit` bytes.
  static func get(_ url: String, limit: Int) async throws(FleetError) -> [UInt8]? {
    do {
      let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(30))
      switch response.status {
      case .ok: return Array(try await response.body.collect(upTo: limit).readableBytesView)
      case .notFound, .forbidden: return nil
      default: throw FleetError(.unreachable, "\(response.status)", at: .init(file: url))
      }
    } catch let error as FleetError {
      throw error
    } catch {
      throw FleetError(.unreachable, "\(error)", at: .init(file: url))
    }
  }

  /// Text as one segment of a path (RFC 3986, section 2.3): no role and no target leaves its place.
  static func segment(_ text: some StringProtocol) -> String {
    let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
  }
}

/// Metadata from a web server.
struct WebSource: MetadataSource {
  let base: String

  func fetch(_ role: MetadataRole, version: Int64?) async throws(FleetError) -> [UInt8]? {
    let name = version.map { "\($0).\(role.rawValue).json" } ?? "\(role.rawValue).json"
    return try await Web.get(base.hasSuffix("/") ? base + name : "\(base)/\(name)", limit: role.byteLimit)
  }
}

/// One file that targets list.
struct Target {
  let name: String
  let file: TargetFile
  /// Whether its digest stands before its name.
  let isPrefixed: Bool

  /// Fetches the file, unless it is there already; writes it only when it is the listed one.
  func download(from base: String, to directory: String) async throws {
    let place = URL(fileURLWithPath: "\(directory)/\(Web.segment(name))")
    if let present = try? Data(contentsOf: place), isListed([UInt8](present)) { return }
    let url = base.hasSuffix("/") ? base + path : "\(base)/\(path)"
    guard let bytes = try await Web.get(url, limit: file.length), isListed(bytes) else {
      throw FleetError(.contentMismatch, "not what the targets list", at: .init(file: name))
    }
    try Data(bytes).write(to: place, options: .atomic)
  }

  private func isListed(_ bytes: [UInt8]) -> Bool { bytes.count == file.length && file.hashes.match(bytes) }

  private var path: String {
    var segments = name.split(separator: "/", omittingEmptySubsequences: false).map { Web.segment($0) }
    if isPrefixed, let hash = file.hashes.sha256?.hex ?? file.hashes.sha512?.hexText, let last = segments.popLast() {
      segments.append("\(hash).\(last)")
    }
    return segments.joined(separator: "/")
  }
}

extension FleetError.Code {
  static let unreachable = FleetError.Code("unreachable")
}
