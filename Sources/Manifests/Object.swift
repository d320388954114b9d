/// A map from keys to values that keeps the order in which keys were added.
///
/// Keys are compared byte by byte. The maps of manifests are small, so a look-up walks the keys; code that looks up
/// many keys of a large map walks its entries once instead.
public struct Object: Sendable {
  public typealias Entry = (key: String, value: Value)

  private var storage: [Entry]

  /// An object without keys.
  public init() { storage = [] }

  /// An object of these entries; a later entry replaces an earlier one of the same key, in the earlier one's place.
  public init(_ entries: some Sequence<(String, Value)>) {
    var storage: [Entry] = []
    storage.reserveCapacity(entries.underestimatedCount)
    var known = KeyIndex()
    for (key, value) in entries {
      if let index = known.record(key, count: storage.count, keyAt: { storage[$0].key }) {
        storage[index].value = value
      } else {
        storage.append((key, value))
      }
    }
    self.storage = storage
  }

  /// An object of entries that the caller knows to have distinct keys.
  public init(uniqueEntries entries: [Entry]) { storage = entries }

  public var count: Int { storage.count }
  public var isEmpty: Bool { storage.isEmpty }
  public var keys: [String] { storage.map(\.key) }
  public var entries: [Entry] { storage }

  /// The value of a key. Setting nil removes the key; setting a new key appends it.
  public subscript(key: String) -> Value? {
    get { position(of: key).map { storage[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let index?, let value?): storage[index].value = value
      case (let index?, nil): storage.remove(at: index)
      case (nil, let value?): storage.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// Changes the value of a key where it stands, without a copy of what it holds; false when there is no such key.
  @discardableResult
  public mutating func update<Failure: Error>(
    _ key: String, _ change: (inout Value) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    guard let index = position(of: key) else { return false }
    try change(&storage[index].value)
    return true
  }

  /// Changes every value where it stands, without a copy of what it holds.
  public mutating func updateAll<Failure: Error>(
    _ change: (_ key: String, inout Value) throws(Failure) -> Void
  ) throws(Failure) {
    for index in storage.indices { try change(storage[index].key, &storage[index].value) }
  }

  /// The object with its keys in the order of their UTF-8 bytes, at this level only.
  public func sortedByKey() -> Object {
    let isSorted = zip(storage, storage.dropFirst()).allSatisfy { $0.key.precedesInBytes($1.key) }
    return isSorted ? self : Object(uniqueEntries: storage.sorted { $0.key.precedesInBytes($1.key) })
  }

  private func position(of key: String) -> Int? {
    storage.firstIndex { $0.key.hasSameBytes(as: key) }
  }
}

extension Object: Hashable {
  public static func == (left: Object, right: Object) -> Bool {
    guard left.count == right.count else { return false }
    // The same order is by far the commonest case; only where it differs are the keys sorted.
    if zip(left.storage, right.storage).allSatisfy({ $0.key.hasSameBytes(as: $1.key) }) {
      return zip(left.storage, right.storage).allSatisfy { $0.value == $1.value }
    }
    return zip(left.sortedByKey().storage, right.sortedByKey().storage).allSatisfy {
      $0.key.hasSameBytes(as: $1.key) && $0.value == $1.value
    }
  }

  public func hash(into hasher: inout Hasher) {
    // A sum does not depend on the order of the keys, so nothing has to be sorted.
    var sum = 0
    for entry in storage {
      var entryHasher = hasher
      entry.key.hashBytes(into: &entryHasher)
      entryHasher.combine(entry.value)
      sum &+= entryHasher.finalize()
    }
    hasher.combine(storage.count)
    hasher.combine(sum)
  }
}

extension Object: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}

extension Object: Sequence {
  public func makeIterator() -> IndexingIterator<[Entry]> { storage.makeIterator() }
}
