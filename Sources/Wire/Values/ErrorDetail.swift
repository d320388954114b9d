public import Manifests

extension FlotillaV1.ErrorDetail {
  public init(_ error: FleetError) {
    let place = error.address
    self.init(
      code: error.code.rawValue, message: error.message,
      address: FlotillaV1.ErrorAddress(
        file: place.file ?? "", line: place.line.map(Int64.init) ?? 0, column: place.column.map(Int64.init) ?? 0,
        field: place.field ?? "", cluster: place.cluster ?? "", app: place.app ?? "", object: place.object ?? ""),
      cause: error.cause, nextStep: error.nextStep)
  }
}

extension FleetError {
  public init(_ detail: FlotillaV1.ErrorDetail) {
    let place = detail.address ?? FlotillaV1.ErrorAddress()
    func known(_ text: String) -> String? { text.isEmpty ? nil : text }
    func known(_ number: Int64) -> Int? { number > 0 ? Int(exactly: number) : nil }
    self.init(
      Code(detail.code), detail.message,
      at: Address(
        file: known(place.file), line: known(place.line), column: known(place.column), field: known(place.field),
        cluster: known(place.cluster), app: known(place.app), object: known(place.object)),
      cause: detail.cause, nextStep: detail.nextStep)
  }
}
