import Engine
import Events
import Foundation
import Operations
import Synchronization

/// Credentials in a file that nobody but its owner may read; replaced as a whole, so a reader sees the old or the new one.
public final class CredentialFile: CredentialStore {
  private struct Seen: Sendable {
    let inode: UInt64
    let changed: Int64
    let credentials: [String: Credential]
  }

  private let directory: String
  private let path: String
  private let seen = Mutex<Seen?>(nil)

  public init(directory: String) {
    self.directory = directory
    path = "\(directory)/credentials.json"
  }

  /// Throws `refused` if others may read the file: a secret that was readable is none.
  public func credentials() throws(StoreError) -> [String: Credential] {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return [:] }
      throw CredentialFile.failed("read", path)
    }
    guard status.st_mode & 0o077 == 0 else {
      throw StoreError(.refused, "others than its owner may read \(path); chmod 600 it, and replace its credentials")
    }
    let changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    let inode = UInt64(status.st_ino)
    if let seen = seen.withLock({ $0 }), seen.inode == inode, seen.changed == changed { return seen.credentials }
    let credentials = try read()
    seen.withLock { $0 = Seen(inode: inode, changed: changed, credentials: credentials) }
    return credentials
  }

  /// Adds one; whoever reads next sees it.
  public func add(_ credential: Credential) throws(StoreError) {
    var all = try credentials()
    all[credential.accessKeyID] = credential
    try write(all)
  }

  /// False if there is none of that key.
  public func revoke(_ accessKeyID: String) throws(StoreError) -> Bool {
    var all = try credentials()
    guard all.removeValue(forKey: accessKeyID) != nil else { return false }
    try write(all)
    return true
  }

  private func read() throws(StoreError) -> [String: Credential] {
    let json: JSON
    do {
      json = try JSON(parsing: Array(try Data(contentsOf: URL(filePath: path))))
    } catch {
      throw StoreError(.corrupt, "\(path) cannot be read: \(error)")
    }
    var credentials: [String: Credential] = [:]
    for entry in json["credentials"]?.elements ?? [] {
      guard let key = entry["access_key_id"]?.string, let secret = entry["secret_access_key"]?.string,
        let user = entry["user"]?.string,
        let created = entry["created_at"]?.string.flatMap({ Timestamp($0) })
      else { throw StoreError(.corrupt, "\(path) holds an entry that is no credential") }
      credentials[key] = Credential(
        accessKeyID: key, secret: secret, user: user, role: entry["role"]?.string, account: entry["account"]?.string,
        createdAt: created)
    }
    return credentials
  }

  private func write(_ credentials: [String: Credential]) throws(StoreError) {
    let entries = credentials.values.sorted { $0.accessKeyID < $1.accessKeyID }.map { credential in
      JSON(present: [
        "access_key_id": .string(credential.accessKeyID), "secret_access_key": .string(credential.secret),
        "user": .string(credential.user), "role": credential.role.map { .string($0) },
        "account": credential.account.map { .string($0) }, "created_at": .string(credential.createdAt.preciseText),
      ])
    }
    let text = JSON.object([.init("credentials", .array(entries))]).bytes
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw StoreError(.unavailable, "cannot make the directory \(directory): \(error.localizedDescription)")
    }
    let new = "\(path).new"
    let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw CredentialFile.failed("write", new) }
    let isWritten = text.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) } == text.count
    let isSafe = isWritten && fsync(file) == 0
    Foundation.close(file)
    guard isSafe, rename(new, path) == 0 else { throw CredentialFile.failed("write", path) }
    seen.withLock { $0 = nil }
  }

  private static func failed(_ what: String, _ path: String) -> StoreError {
    StoreError(.unavailable, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
  }
}
