// JPEG and PNG through libjpeg(-turbo) and libpng, behind a border that no longjmp crosses.
//
// Both libraries report errors by jumping out of the call. Such a jump over Swift frames is undefined, so every function
// here sets its own landing place, and returns a status with a message in words. Nothing is kept between calls, so all of
// them may run on any number of threads.

#ifndef C_IMAGE_CODECS_H
#define C_IMAGE_CODECS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a call came to. All but `codec_ok` leave a message.
typedef enum codec_status : int32_t {
  codec_ok = 0,
  /// The file cannot be opened or read, or is not a regular file.
  codec_unreadable = 1,
  /// Neither JPEG nor PNG.
  codec_unknown_format = 2,
  /// Ends too early, or breaks the rules of its format.
  codec_damaged = 3,
  /// A valid file of a kind that is not handled.
  codec_unsupported = 4,
  /// Beyond a limit of the caller, or more than memory holds.
  codec_too_large = 5,
} codec_status;

/// Which format a file has, told by its first bytes.
typedef enum codec_format : int32_t { codec_jpeg = 1, codec_png = 2 } codec_format;

/// The kind of pixels in a file.
typedef enum codec_colour : int32_t {
  codec_grey = 1,
  codec_grey_alpha = 2,
  codec_rgb = 3,
  codec_rgba = 4,
  codec_palette = 5,
  /// CMYK or YCCK.
  codec_cmyk = 6,
} codec_colour;

/// What a file says of itself before its pixels.
typedef struct codec_header {
  codec_format format;
  codec_colour colour;
  int32_t width;
  int32_t height;
  /// Bits of a sample: 1, 2, 4, 8, 12 or 16.
  int32_t bits;
  /// 1 for a progressive JPEG or an interlaced PNG.
  int32_t progressive;
  /// 1 where an ICC profile is embedded.
  int32_t has_profile;
} codec_header;

/// Bounds on what a file may ask for. They are checked before memory is taken.
typedef struct codec_limits {
  int64_t maximum_pixels;
  /// The scans of a JPEG: each costs a walk over the whole picture, however few bytes it has.
  int32_t maximum_scans;
} codec_limits;

/// The pixels that are wanted: every one, or those of a grid of rows and columns.
typedef struct codec_grid {
  /// Ascending indices of rows and columns of the file, repeats allowed; null for all.
  const int32_t *rows;
  const int32_t *columns;
  /// The size of the result.
  int32_t row_count;
  int32_t column_count;
} codec_grid;

/// Room for the words of an error.
typedef struct codec_message {
  char text[256];
} codec_message;

/// Reads a regular file of at most `maximum_size` bytes. The caller gives the bytes to `codec_free`.
codec_status codec_read_file(const char *path, int64_t maximum_size, uint8_t **bytes, size_t *count,
                             codec_message *message);

/// Reads what stands before the pixels, without the memory for them.
codec_status codec_read_header(const uint8_t *bytes, size_t count, codec_limits limits,
                               codec_header *header, codec_message *message);

/// Decodes to rows of `channels` bytes a pixel, 1 (grey) or 3 (RGB), without gaps.
///
/// Alpha is dropped, 16 bits are cut to the high 8, profiles, gamma and orientation are ignored; grey from colour is
/// (19595 R + 38470 G + 7471 B + 32768) >> 16. A file with fewer rows than it promises is damaged.
codec_status codec_decode(const uint8_t *bytes, size_t count, codec_limits limits, codec_grid grid,
                          int32_t channels, uint8_t *pixels, codec_message *message);

/// Encodes rows of 1 (grey), 3 (RGB) or 4 (RGBA) bytes a pixel as PNG. The caller gives the bytes to `codec_free`.
codec_status codec_encode_png(const uint8_t *pixels, int32_t width, int32_t height,
                              int32_t channels, uint8_t **bytes, size_t *count,
                              codec_message *message);

/// Releases what `codec_read_file` or `codec_encode_png` returned.
void codec_free(uint8_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
