import Datasets
import Foundation
import Testing

@Suite("Image folder")
struct ImageFolderTests {
  private func error(_ body: () throws -> Void) throws -> DatasetError {
    try #require(#expect(throws: DatasetError.self) { try body() })
  }

  @Test("classes and files come in the order of code points, whatever the case of an extension")
  func order() throws {
    try withTemporaryFolder { root in
      for path in ["b/2.png", "b/10.JPG", "b/Z.jpeg", "b/a.PNG", "a/x.png", "C/y.JPEG", "Ä/z.png"] {
        try root.write(path)
      }
      let folder = try ImageFolder(at: root)
      #expect(folder.classNames == ["C", "a", "b", "Ä"])
      #expect(
        folder.files.map(\.path)
          == ["C/y.JPEG", "a/x.png", "b/10.JPG", "b/2.png", "b/Z.jpeg", "b/a.PNG", "Ä/z.png"])
      #expect(folder.files.map(\.label) == [0, 1, 2, 2, 2, 2, 3])
      #expect(folder.counts == [1, 1, 4, 1])
      #expect(folder.ignored.isEmpty)
      try folder.requireTwoClasses()
    }
  }

  @Test("folders inside a class belong to it, folder after folder as Keras lists them")
  func nested() throws {
    try withTemporaryFolder { root in
      for path in ["a/z.png", "a/sub/1.png", "a/sub/deep/0.png", "a/sub-2/3.png", "a/0.png"] {
        try root.write(path)
      }
      #expect(
        try ImageFolder(at: root).files.map(\.path)
          == ["a/0.png", "a/z.png", "a/sub/1.png", "a/sub-2/3.png", "a/sub/deep/0.png"])
    }
  }

  @Test("hidden files are passed over, other files are listed")
  func ignored() throws {
    try withTemporaryFolder { root in
      for path in ["a/1.png", "a/.2.png", ".git/3.png", "a/.cache/4.png"] { try root.write(path) }
      for path in ["a/notes.txt", "a/png", "a/5.png.bak", "README.md", "stray.png", "a/s/6.gif"] {
        try root.write(path)
      }
      let folder = try ImageFolder(at: root)
      #expect(folder.classNames == ["a"])
      #expect(folder.files.map(\.path) == ["a/1.png"])
      #expect(
        folder.ignored
          == ["README.md", "stray.png", "a/5.png.bak", "a/notes.txt", "a/png", "a/s/6.gif"])
    }
  }

  @Test("a folder that is called like an image is a folder")
  func folderCalledImage() throws {
    try withTemporaryFolder { root in
      try root.write("a/x.jpg/y.png")
      try root.makeFolder("a/z.png")
      #expect(try ImageFolder(at: root).files.map(\.path) == ["a/x.jpg/y.png"])
    }
  }

  @Test("links to files and classes are followed, links to folders inside are not, loops end")
  func links() throws {
    try withTemporaryFolder { root in
      try root.write("data/a/1.png")
      try root.write("elsewhere/2.png")
      try root.link("data/a/3.png", to: "1.png")
      try root.link("data/a/broken.png", to: "nowhere.png")
      try root.link("data/a/loop", to: ".")
      try root.link("data/a/up", to: "../..")
      try root.link("data/b", to: "../elsewhere")
      let folder = try ImageFolder(at: root.appending(path: "data"))
      #expect(folder.classNames == ["a", "b"])
      #expect(folder.files.map(\.path) == ["a/1.png", "a/3.png", "a/broken.png", "b/2.png"])
      #expect(folder.ignored == ["a/loop", "a/up"])

      try root.link("data/c", to: "..")
      let loop = try error { _ = try ImageFolder(at: root.appending(path: "data")) }
      #expect(loop.reason == .loop && loop.path.hasSuffix("data/c"))
    }
  }

  @Test("what is missing, a file, without classes or with an empty class is named")
  func errors() throws {
    try withTemporaryFolder { root in
      let missing = try error { _ = try ImageFolder(at: root.appending(path: "none")) }
      #expect(missing.reason == .missing)
      #expect(missing.description.hasSuffix("none: no such folder"))

      try root.write("file.png")
      let file = try error { _ = try ImageFolder(at: root.appending(path: "file.png")) }
      #expect(file.reason == .notAFolder && file.path.hasSuffix("file.png"))
      #expect(try error { _ = try ImageFolder(at: root) }.reason == .noClasses)

      try root.write("full/1.png")
      try root.write("empty/notes.txt")
      let empty = try error { _ = try ImageFolder(at: root) }
      #expect(empty.reason == .emptyClass && empty.path.hasSuffix("empty"))
      #expect(empty.detail.contains("no images in this class"))
    }
  }

  @Test("one class is enough to list and too little to tell apart")
  func oneClass() throws {
    try withTemporaryFolder { root in
      try root.write("Covid/1.png")
      let folder = try ImageFolder(at: root)
      let one = try error { try folder.requireTwoClasses() }
      #expect(one.reason == .oneClass && one.detail.contains("Covid"))
    }
  }

  @Test("given classes keep their order; one may be absent, another may not appear")
  func givenClasses() throws {
    try withTemporaryFolder { root in
      try root.write("Covid/1.png")
      let folder = try ImageFolder(at: root, classNames: ["Normal", "Covid"])
      #expect(folder.classNames == ["Normal", "Covid"])
      #expect(folder.files.map(\.label) == [1] && folder.counts == [0, 1])
      #expect(throws: DatasetError.self) { try folder.requireTwoClasses() }
      try root.write("Other/1.png")
      let unknown = try error { _ = try ImageFolder(at: root, classNames: ["Normal", "Covid"]) }
      #expect(unknown.reason == .unknownClass)
      #expect(unknown.detail == "a folder \"Other\" in it; expected Normal, Covid")
    }
  }
}
