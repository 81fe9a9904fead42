public import Imaging
import Tensor

/// Finds the lungs on a frontal chest film, by their place and not by their looks.
///
/// A drawing of a chest in a dozen rectangles (two dark lungs, a bright middle, bright below) is laid over the film in every
/// size and place, height and width by themselves, and the best match wins. Nothing in it is learnt, it knows no classes, and
/// a hazy lung is found like a clear one. On a picture without lungs it returns the rectangle that resembles them most.
public enum LungField {
  /// The rectangle around both lungs, from the apices to the diaphragm, and 8 % of its height and width to each side.
  ///
  /// - Parameter film: A film of any size, grey or RGB, with the head at the top and air dark.
  public static func region(of film: Image) -> ImageRegion {
    // Bars at the edges would pass for air; they are flat.
    let small = film.converted(to: .grey).resized(
      to: ImageSize(height: thumbnailSize, width: thumbnailSize), by: .area)
    let content = withoutFlatEdges(small)
    let grid = small.cropped(to: content).resized(
      to: ImageSize(height: gridSize, width: gridSize), by: .area)
    let box = bestMatch(on: MatchGrid(ranks: ranks(of: grid)))

    // From the grid back to the film, widened, and cut at its edges.
    func pixels(
      _ start: Double, _ length: Double, _ content: Range<Int>, _ count: Int
    ) -> Range<Int> {
      let scale = Double(count) / Double(thumbnailSize)
      let cell = Double(content.count) / Double(gridSize)
      let low = (Double(content.lowerBound) + (start - margin * length) * cell) * scale
      let high = (Double(content.lowerBound) + (start + (1 + margin) * length) * cell) * scale
      let first = min(max(Int(low.rounded()), 0), count - 1)
      return first..<max(min(Int(high.rounded()), count), first + 1)
    }
    let rows = pixels(box.top, Double(box.height), content.rows, film.height)
    let columns = pixels(box.left, Double(box.width), content.columns, film.width)
    return ImageRegion(
      row: rows.lowerBound, column: columns.lowerBound,
      size: ImageSize(height: rows.count, width: columns.count))
  }

  /// How far a region reaches beyond the lungs, as a part of their height and width.
  static let margin = 0.08
  private static let thumbnailSize = 128
  private static let gridSize = 40

  /// The picture without rows and columns at its edges in which nothing is, a third of each side at the most.
  private static func withoutFlatEdges(_ image: Image) -> ImageRegion {
    let (pixels, size) = (image.pixels.scalars, thumbnailSize)
    func isFlat(_ line: [UInt8]) -> Bool {
      let values = line.map(Double.init)
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      return variance < 36
    }
    /// The lines that are left when flat ones are taken from both ends.
    func trimmed(_ line: (Int) -> [UInt8]) -> Range<Int> {
      var (first, end) = (0, size)
      while first < size / 3 && isFlat(line(first)) { first += 1 }
      while end > size - size / 3 && isFlat(line(end - 1)) { end -= 1 }
      return first..<end
    }
    let rows = trimmed { row in Array(pixels[row * size..<(row + 1) * size]) }
    let columns = trimmed { column in rows.map { pixels[$0 * size + column] } }
    return ImageRegion(
      row: rows.lowerBound, column: columns.lowerBound,
      size: ImageSize(height: rows.count, width: columns.count))
  }

  /// The share of darker pixels for every pixel, equals counting half: exposure and contrast are gone.
  private static func ranks(of image: Image) -> [Double] {
    let pixels = image.pixels.scalars
    var counts = [Int](repeating: 0, count: 256)
    for pixel in pixels { counts[Int(pixel)] += 1 }
    var (below, shares) = (0, [Double]())
    for count in counts {
      shares.append((Double(below) + 0.5 * Double(count)) / Double(pixels.count))
      below += count
    }
    return pixels.map { shares[Int($0)] }
  }

  /// The lungs on the grid, in its cells.
  private typealias Box = (top: Double, left: Double, height: Int, width: Int)

  private static func bestMatch(on grid: MatchGrid) -> Box {
    var best: (score: Double, box: Box) = (-.infinity, (0, 0, gridSize, gridSize))
    for height in stride(from: 16, through: gridSize, by: 2) {
      for width in stride(from: 18, through: gridSize, by: 2) {
        let drawing = ChestDrawing(lungHeight: height, lungWidth: width)
        guard drawing.height <= grid.size && drawing.width <= grid.size else { continue }
        // Small chests are rarer than pieces of large ones that resemble them.
        let smallness =
          0.25 * max(0, 0.55 - Double(width) / Double(gridSize))
          + 0.25 * max(0, 0.5 - Double(height) / Double(gridSize))
        for row in 0...grid.size - drawing.height {
          let middle = (Double(row - MatchGrid.padding) + 0.5 * Double(drawing.height)) / 40
          let depth = max(0, abs(middle - 0.48) - 0.08)
          for column in 0...grid.size - drawing.width {
            let centre = (Double(column - MatchGrid.padding) + 0.5 * Double(drawing.width)) / 40
            let score =
              grid.correlation(with: drawing, row: row, column: column)
              - 0.6 * (centre - 0.5) * (centre - 0.5) - 1.2 * depth * depth - smallness
            guard score > best.score else { continue }
            best = (
              score,
              (
                Double(row - MatchGrid.padding) + 0.5 * Double(drawing.height - height),
                Double(column - MatchGrid.padding) + 0.5 * Double(drawing.width - width),
                height, width
              )
            )
          }
        }
      }
    }
    return best.box
  }
}

/// A chest in rectangles, at one size.
private struct ChestDrawing {
  /// Rows, columns and brightness, of lungs that reach from 0 to 1 both ways; later ones cover earlier ones.
  private static let parts: [(v: ClosedRange<Double>, u: ClosedRange<Double>, value: Double)] = [
    (-0.14...1.14, -0.14...1.14, 0.35), (-0.14...0, -0.14...1.14, 0.5),
    (1...1.14, -0.14...1.14, 1), (-0.14...1, 0.42...0.58, 1), (0...0.35, 0.1...0.4, -1),
    (0.35...1, 0.02...0.4, -1), (0...0.35, 0.6...0.9, -1), (0.35...1, 0.6...0.98, -1),
    (0.6...1, 0.5...0.68, 0.9),
  ]

  let height, width: Int
  /// Rectangles that do not overlap, each with its brightness; what is in none has brightness 0.
  let pieces: [(rows: Range<Int>, columns: Range<Int>, value: Double)]
  /// The mean brightness.
  let mean: Double
  /// The length of the drawing as a vector, its mean taken away.
  let norm: Double

  init(lungHeight: Int, lungWidth: Int) {
    height = Int((Double(lungHeight) * 1.28).rounded())
    width = Int((Double(lungWidth) * 1.28).rounded())
    let (height, width) = (height, width)
    func cells(_ range: ClosedRange<Double>, _ lung: Int, _ count: Int) -> Range<Int> {
      let offset = 0.5 * Double(count - lung)
      func cell(_ x: Double) -> Int {
        min(max(Int((x * Double(lung) + offset).rounded()), 0), count)
      }
      return cell(range.lowerBound)..<cell(range.upperBound)
    }
    var painted = [[Double]](repeating: [Double](repeating: 0, count: width), count: height)
    for part in Self.parts {
      for row in cells(part.v, lungHeight, height) {
        for column in cells(part.u, lungWidth, width) { painted[row][column] = part.value }
      }
    }
    // Equal rows form bands, and equal cells of a band a piece.
    var pieces: [(rows: Range<Int>, columns: Range<Int>, value: Double)] = []
    var row = 0
    while row < height {
      let end = (row..<height).first { painted[$0] != painted[row] } ?? height
      var column = 0
      while column < width {
        let value = painted[row][column]
        let stop = (column..<width).first { painted[row][$0] != value } ?? width
        pieces.append((row..<end, column..<stop, value))
        column = stop
      }
      row = end
    }
    let count = Double(height * width)
    let mean = painted.reduce(0) { $0 + $1.reduce(0, +) } / count
    let squares = painted.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
    self.pieces = pieces
    self.mean = mean
    norm = (squares - count * mean * mean).squareRoot()
  }
}

/// A film on a grid, continued by a few cells beyond its edges, with the sums over all rectangles at hand.
private struct MatchGrid {
  static let padding = 3
  let size: Int
  /// Sums of values, and of their squares, over all cells above and to the left.
  private let sums, squares: [Double]

  init(ranks: [Double]) {
    let inner = Int(Double(ranks.count).squareRoot())
    let size = inner + 2 * Self.padding
    var sums = [Double](repeating: 0, count: (size + 1) * (size + 1))
    var squares = sums
    for row in 0..<size {
      for column in 0..<size {
        func inside(_ x: Int) -> Int { min(max(x - Self.padding, 0), inner - 1) }
        let value = ranks[inside(row) * inner + inside(column)]
        let place = (row + 1) * (size + 1) + column + 1
        let above = place - size - 1
        sums[place] = value + sums[above] + sums[place - 1] - sums[above - 1]
        squares[place] = value * value + squares[above] + squares[place - 1] - squares[above - 1]
      }
    }
    self.size = size
    self.sums = sums
    self.squares = squares
  }

  /// The correlation coefficient of the drawing and what it lies on; a surface without contrast has next to none.
  func correlation(with drawing: ChestDrawing, row: Int, column: Int) -> Double {
    let stride = size + 1
    return sums.withUnsafeBufferPointer { sums in
      func sum(
        _ table: UnsafeBufferPointer<Double>, _ rows: Range<Int>, _ columns: Range<Int>
      ) -> Double {
        let (top, bottom) = (
          (row + rows.lowerBound) * stride + column, (row + rows.upperBound) * stride + column
        )
        return table[bottom + columns.upperBound] - table[bottom + columns.lowerBound]
          - table[top + columns.upperBound] + table[top + columns.lowerBound]
      }
      let all = (rows: 0..<drawing.height, columns: 0..<drawing.width)
      let count = Double(drawing.height * drawing.width)
      let mean = sum(sums, all.rows, all.columns) / count
      let square = squares.withUnsafeBufferPointer { sum($0, all.rows, all.columns) } / count
      let product = drawing.pieces.reduce(0) { $0 + $1.value * sum(sums, $1.rows, $1.columns) }
      let deviation = max(square - mean * mean, 1e-3).squareRoot()
      return (product - count * mean * drawing.mean)
        / (drawing.norm * deviation * count.squareRoot())
    }
  }
}
