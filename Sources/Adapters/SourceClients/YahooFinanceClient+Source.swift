import Engine

/// The port's method is the client's own.
extension YahooFinanceClient: Source {}
