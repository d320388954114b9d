internal import Manifests
internal import Wire

/// One page of a list whose elements have distinct names: the token is the name of the last element before it.
struct Page<Element> {
  var elements: [Element]
  var response: FlotillaV1.PageResponse

  init(_ request: FlotillaV1.PageRequest?, of all: [Element], name: (Element) -> String) throws(FleetError) {
    let size = try Page.size(request)
    let token = request?.token ?? []
    var rest = all[...]
    if !token.isEmpty {
      guard let index = all.firstIndex(where: { Array(name($0).utf8) == token }) else {
        throw FleetError(
          .invalidRequest, "the list has changed and the page cannot be found", at: .init(field: "page.token"),
          nextStep: "begin again with the first page")
      }
      rest = all[(index + 1)...]
    }
    elements = Array(rest.prefix(size))
    let isLast = rest.count <= size
    response = FlotillaV1.PageResponse(next: isLast ? [] : elements.last.map { Array(name($0).utf8) } ?? [])
  }

  static func size(_ request: FlotillaV1.PageRequest?) throws(FleetError) -> Int {
    guard let wanted = request?.size, wanted != 0 else { return WireLimits.defaultPageSize }
    guard let size = Int(exactly: wanted), size > 0 else {
      throw FleetError(.invalidRequest, "a page has at least one element", at: .init(field: "page.size"))
    }
    return min(size, WireLimits.pageSize)
  }
}
