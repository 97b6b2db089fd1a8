/// Why one of our own paths did not answer: a status and a stable code.
struct AdminRefusal: Error {
  let status: Int
  let code: String
  let message: String
}
