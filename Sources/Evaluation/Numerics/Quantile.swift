/// The value below which the share `fraction` of `sorted` lies, interpolated linearly between neighbours.
///
/// NumPy's default, type 7 of Hyndman and Fan (1996). `sorted` is ascending and not empty.
package func quantile(ofSorted sorted: [Double], fraction: Double) -> Double {
  let position = fraction * Double(sorted.count - 1)
  let lower = Int(position)
  guard lower + 1 < sorted.count else { return sorted[sorted.count - 1] }
  let share = position - Double(lower)
  return share == 0 ? sorted[lower] : sorted[lower] + share * (sorted[lower + 1] - sorted[lower])
}
