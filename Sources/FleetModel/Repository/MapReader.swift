import Manifests

/// The fields of one map of a declaration while it is being read: an error is noted and reading goes on, so nil stands
/// both for a field that is not there and for one that cannot be read.
struct MapReader {
  private var fields: Fields
  private let log: ErrorLog

  init(_ fields: Fields, _ log: ErrorLog) {
    self.fields = fields
    self.log = log
  }

  /// The map itself.
  var field: Field { fields.field }

  mutating func required(_ name: String) -> Field? {
    do { return try fields.required(name) } catch { return noted(error) }
  }

  mutating func optional(_ name: String) -> Field? {
    do { return try fields.optional(name) } catch { return noted(error) }
  }

  /// - Parameter read: the method that reads the field, such as `Field.name`.
  mutating func required<Result>(
    _ name: String, _ read: (Field) -> () throws(FleetError) -> Result
  ) -> Result? {
    required(name)?.read(log, read)
  }

  mutating func optional<Result>(
    _ name: String, _ read: (Field) -> () throws(FleetError) -> Result
  ) -> Result? {
    optional(name)?.read(log, read)
  }

  mutating func expect(_ name: String, _ text: String) {
    do { try fields.expect(name, text) } catch { log.add(error) }
  }

  func noteUnknown() { fields.unknownFields.forEach(log.add) }

  private func noted<Result>(_ error: FleetError) -> Result? {
    log.add(error)
    return nil
  }
}

extension Field {
  func read<Result>(_ log: ErrorLog, _ read: (Field) -> () throws(FleetError) -> Result) -> Result? {
    do throws(FleetError) {
      return try read(self)()
    } catch {
      log.add(error)
      return nil
    }
  }

  /// A map whose fields are known; unknown ones are noted.
  func map<Result>(_ log: ErrorLog, _ read: (inout MapReader) -> Result?) -> Result? {
    do throws(FleetError) {
      return try object { fields throws(FleetError) in
        var reader = MapReader(fields, log)
        let result = read(&reader)
        reader.noteUnknown()
        fields.ignoreRest()
        return result
      }
    } catch {
      log.add(error)
      return nil
    }
  }

  /// A list of at most so many elements; those that can be read.
  func list<Element>(_ log: ErrorLog, upTo limit: Int, _ read: (Field) -> Element?) -> [Element]? {
    do throws(FleetError) {
      let fields = try array()
      guard fields.count <= limit else { throw tooMany(fields.count, limit) }
      return fields.compactMap(read)
    } catch {
      log.add(error)
      return nil
    }
  }

  /// The entries of a map whose keys are free, at most so many.
  func entries(_ log: ErrorLog, upTo limit: Int) -> [Entry]? {
    do throws(FleetError) {
      let entries = try entries()
      guard entries.count <= limit else { throw tooMany(entries.count, limit) }
      return entries
    } catch {
      log.add(error)
      return nil
    }
  }

  private func tooMany(_ count: Int, _ limit: Int) -> FleetError {
    error("\(count) entries, at most \(limit)", code: .limitExceeded)
  }
}
