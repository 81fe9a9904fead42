/// Stops the program with `message` unless `condition` holds.
///
/// For mistakes of the calling program: a wrong shape, axis or hyper-parameter. `precondition` would lose its message in
/// release builds. Whatever comes from outside (a file, an argument) throws instead.
@inlinable
package func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  if !condition { fatalError(message()) }
}
