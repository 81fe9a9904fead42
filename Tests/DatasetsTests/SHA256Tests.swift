import Datasets
import Foundation
import Testing

@Suite("SHA-256")
struct SHA256Tests {
  @Test(
    "digests agree with the examples of FIPS 180-4",
    arguments: [
      (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
  func vectors(count: Int, digest: String) {
    #expect(SHA256.hexDigest(of: Data("abc".utf8.prefix(count))) == digest)
  }

  @Test(
    "digests of any length agree with Python's hashlib",
    arguments: [
      (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
      (54, "89922c5518b494e6b0011a65111161420ea180a3acbe7483cf5b3fff2c4ab1df"),
      (55, "8af594de0e003fdee5c8bb088216c824349b4137070f559574f4a4bddd27b714"),
      (56, "db81bc2bfd43620591df192139062da77d4c376f1888ea3d2190bd07c8d901f9"),
      (57, "4d95ad65f5ec430c9a97ae9243b87d4d6fa0c474288c93cecfbfe9257e711780"),
      (63, "bd535b38bf0d0d1a09d370b7e34b2696cea3767801a45d5611a4aaa6954e8527"),
      (64, "292be91abe8c0909fe3d26575af5755eee74d23816dc68c3ba41765136967654"),
      (65, "ba65aedf7884642499a59ae124894611d986cf429e69f569488048af3a99e25a"),
      (119, "d367ab298e74477421127b0b448667c37c006c636f5738f081c39388756e5fad"),
      (120, "be7beb9c82089eb08da8fe6eb30c13b9d56869014e228a8c3eb0fdfe832efab2"),
      (1000, "59425e4412e296fc74736673ce067027f384203f59c0d2c3e6be7b13347b3ffc"),
    ])
  func lengths(count: Int, digest: String) {
    let bytes = Data((0..<count).map { UInt8($0 * 7 % 251) })
    #expect(SHA256.hexDigest(of: bytes) == digest)
  }
}
