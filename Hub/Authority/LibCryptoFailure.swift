import CLibCrypto
import Manifests
import Trust

/// libcrypto's last words, for the cause of an error.
enum LibCryptoFailure {
  static func error(_ message: String) -> FleetError {
    let number = ERR_get_error()
    ERR_clear_error()
    var text = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(number, &text, text.count)
    let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return FleetError(.cryptoFailed, message, cause: number == 0 ? "" : words)
  }
}
