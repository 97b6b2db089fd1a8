import Engine
import Events
import Foundation
import Operations
import SystemPorts
import Testing

@Suite final class CredentialFileTests {
  private let directory =
    NSTemporaryDirectory() + "bellcrank-credentials-" + ProcessInfo.processInfo.globallyUniqueString

  deinit {
    do { try FileManager.default.removeItem(atPath: directory) } catch {}
  }

  private func credential(_ key: String, role: String? = nil, account: String? = nil) -> Credential {
    Credential(
      accessKeyID: key, secret: "s-\(key)", user: "ana", role: role, account: account, createdAt: Timestamp.epoch)
  }

  @Test func `what is added is there for every reader, until it is revoked`() throws {
    let writer = CredentialFile(directory: directory)
    let reader = CredentialFile(directory: directory)
    #expect(try reader.credentials().isEmpty)
    try writer.add(credential("A"))
    try writer.add(credential("B", role: "r", account: "210987654321"))
    let second = credential("B", role: "r", account: "210987654321")
    #expect(try reader.credentials() == ["A": credential("A"), "B": second])
    #expect(try writer.revoke("A"))
    #expect(try !writer.revoke("A"))
    #expect(try reader.credentials().keys.sorted() == ["B"])
  }

  @Test func `a file that others may read is refused, and one that is none`() throws {
    let file = CredentialFile(directory: directory)
    try file.add(credential("A"))
    let path = "\(directory)/credentials.json"
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    #expect(throws: StoreError.self) { try file.credentials() }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(try file.credentials().count == 1)
    let whole = try #require(FileManager.default.contents(atPath: path))
    try whole.dropLast(9).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let error = #expect(throws: StoreError.self) { try CredentialFile(directory: directory).credentials() }
    #expect(error?.code == .corrupt)
  }
}
