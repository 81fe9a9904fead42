/// How much is added around an image before a window slides over it.
public enum Padding: Sendable, Hashable {
  /// Nothing.
  case valid
  /// Just enough that the result has `⌈size / stride⌉` positions; an odd rest goes to the bottom and right, as in Keras.
  case same
  /// As many rows and columns as named, each 0 or more.
  case explicit(top: Int, bottom: Int, left: Int, right: Int)
}

/// How a convolution is computed.
public enum ConvolutionAlgorithm: String, Sendable, Hashable, CaseIterable {
  /// Whatever is fastest for the sizes, Winograd's algorithm among it: its relative error is some three times that of a plain
  /// sum in `Float`, and a value that is not a number spoils up to 4×4 outputs around those that depend on it.
  case automatic
  /// Every product of the definition, for the error of a plain sum.
  case direct
}

/// A window that slides over the two middle axes of `[batch, height, width, channels]`: the geometry of convolution and
/// pooling, used by the forward pass and by every gradient.
public struct Window2D: Sendable, Hashable {
  /// The size of the window.
  public let height, width: Int
  /// The step from one position to the next, down and across.
  public let verticalStride, horizontalStride: Int
  /// The step from one tap to the next within the window; 1 for neighbours.
  public let verticalDilation, horizontalDilation: Int
  /// What is added around the image.
  public let padding: Padding
  /// Into how many equal groups a convolution cuts its channels: each group of outputs sees one group of inputs.
  ///
  /// 1 for pooling.
  public let groups: Int
  /// How a convolution is computed.
  ///
  /// `automatic` for pooling.
  public let algorithm: ConvolutionAlgorithm

  /// A window of `height × width`.
  public init(
    height: Int, width: Int, verticalStride: Int = 1, horizontalStride: Int = 1,
    verticalDilation: Int = 1, horizontalDilation: Int = 1, padding: Padding = .valid,
    groups: Int = 1, algorithm: ConvolutionAlgorithm = .automatic
  ) {
    require(height > 0 && width > 0, "Window2D: needs a positive size, got \(height) × \(width)")
    require(
      verticalStride > 0 && horizontalStride > 0,
      "Window2D: needs positive strides, got \(verticalStride), \(horizontalStride)")
    require(
      verticalDilation > 0 && horizontalDilation > 0,
      "Window2D: needs positive dilations, got \(verticalDilation), \(horizontalDilation)")
    if case .explicit(let top, let bottom, let left, let right) = padding {
      require(
        top >= 0 && bottom >= 0 && left >= 0 && right >= 0,
        "Window2D: needs paddings of 0 or more, got \(top), \(bottom), \(left), \(right)")
    }
    self.height = height
    self.width = width
    self.verticalStride = verticalStride
    self.horizontalStride = horizontalStride
    self.verticalDilation = verticalDilation
    self.horizontalDilation = horizontalDilation
    self.padding = padding
    require(groups > 0, "Window2D: needs a positive number of groups, got \(groups)")
    self.groups = groups
    self.algorithm = algorithm
  }

  /// A square window with the same stride both ways.
  public init(
    _ size: Int, stride: Int = 1, dilation: Int = 1, padding: Padding = .valid, groups: Int = 1,
    algorithm: ConvolutionAlgorithm = .automatic
  ) {
    self.init(
      height: size, width: size, verticalStride: stride, horizontalStride: stride,
      verticalDilation: dilation, horizontalDilation: dilation, padding: padding, groups: groups,
      algorithm: algorithm)
  }

  /// The same window of one group.
  var ungrouped: Window2D {
    Window2D(
      height: height, width: width, verticalStride: verticalStride,
      horizontalStride: horizontalStride, verticalDilation: verticalDilation,
      horizontalDilation: horizontalDilation, padding: padding, algorithm: algorithm)
  }

  /// The rows that the window spans.
  var verticalExtent: Int { (height - 1) * verticalDilation + 1 }
  /// The columns that the window spans.
  var horizontalExtent: Int { (width - 1) * horizontalDilation + 1 }

  /// The shape of the result for an input of `[batch, height, width, channels]`.
  public func outputShape(for inputShape: [Int], channels: Int) -> [Int] {
    let placed = placed(on: inputShape, "Window2D")
    return [inputShape[0], placed.outputHeight, placed.outputWidth, channels]
  }

  /// The window on an input of `shape`, with its paddings worked out.
  ///
  /// Traps where it does not fit.
  package func placed(on shape: [Int], _ operation: @autoclosure () -> String) -> PlacedWindow {
    require(
      shape.count == 4, "\(operation()): needs [batch, height, width, channels], got shape \(shape)"
    )
    let vertical: (before: Int, after: Int)
    let horizontal: (before: Int, after: Int)
    switch padding {
    case .valid:
      (vertical, horizontal) = ((0, 0), (0, 0))
    case .explicit(let top, let bottom, let left, let right):
      (vertical, horizontal) = ((top, bottom), (left, right))
    case .same:
      vertical = Self.samePadding(size: shape[1], extent: verticalExtent, stride: verticalStride)
      horizontal = Self.samePadding(
        size: shape[2], extent: horizontalExtent, stride: horizontalStride)
    }
    let paddedHeight = shape[1] + vertical.before + vertical.after
    let paddedWidth = shape[2] + horizontal.before + horizontal.after
    require(
      paddedHeight >= verticalExtent && paddedWidth >= horizontalExtent,
      """
      \(operation()): a window of \(verticalExtent) × \(horizontalExtent) does not fit shape \(shape) \
      (\(paddedHeight) × \(paddedWidth) with padding)
      """)
    return PlacedWindow(
      window: self, inputHeight: shape[1], inputWidth: shape[2],
      outputHeight: (paddedHeight - verticalExtent) / verticalStride + 1,
      outputWidth: (paddedWidth - horizontalExtent) / horizontalStride + 1,
      top: vertical.before, bottom: vertical.after, left: horizontal.before,
      right: horizontal.after)
  }

  private static func samePadding(
    size: Int, extent: Int, stride: Int
  ) -> (before: Int, after: Int) {
    let positions = (size + stride - 1) / stride
    let total = max(0, (positions - 1) * stride + extent - size)
    return (total / 2, total - total / 2)
  }
}

/// A window on an image of a certain size.
package struct PlacedWindow: Sendable {
  package let window: Window2D
  package let inputHeight, inputWidth: Int
  package let outputHeight, outputWidth: Int
  package let top, bottom, left, right: Int

  /// Whether every position of the window lies on the image, in steps of its own size: each pixel is in one window at most.
  package var isTiling: Bool {
    top == 0 && bottom == 0 && left == 0 && right == 0
      && window.verticalStride >= window.verticalExtent
      && window.horizontalStride >= window.horizontalExtent
  }

  /// Whether, beyond that, every pixel is in one.
  package var isCovering: Bool {
    isTiling && window.verticalDilation == 1 && window.horizontalDilation == 1
      && outputHeight * window.height == inputHeight && outputWidth * window.width == inputWidth
  }

  /// The taps of the window, along one axis, that fall on the image where it is at output position `position`.
  static func taps(
    at position: Int, count: Int, stride: Int, dilation: Int, before: Int, size: Int
  ) -> Range<Int> {
    let start = position * stride - before
    let first = start >= 0 ? 0 : (-start + dilation - 1) / dilation
    let last = start >= size ? 0 : min(count, (size - start + dilation - 1) / dilation)
    return first..<max(first, last)
  }

  /// The rows of the window that fall on the image at output row `y`.
  func rowTaps(at y: Int) -> Range<Int> {
    Self.taps(
      at: y, count: window.height, stride: window.verticalStride,
      dilation: window.verticalDilation, before: top, size: inputHeight)
  }

  /// The columns of the window that fall on the image at output column `x`.
  func columnTaps(at x: Int) -> Range<Int> {
    Self.taps(
      at: x, count: window.width, stride: window.horizontalStride,
      dilation: window.horizontalDilation, before: left, size: inputWidth)
  }

  /// The row of the image under tap `tap` of the window at output row `y`.
  func row(_ y: Int, _ tap: Int) -> Int {
    y * window.verticalStride - top + tap * window.verticalDilation
  }

  /// The column of the image under tap `tap` of the window at output column `x`.
  func column(_ x: Int, _ tap: Int) -> Int {
    x * window.horizontalStride - left + tap * window.horizontalDilation
  }
}
