// PNG through libpng.

#include "codecs.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

// Everything that one call owns, on the heap for the same reason as in jpeg.c.
typedef struct session {
  png_structp codec;
  png_infop information;
  codec_status status;
  codec_message *message;
  // Reading: what is left of the file.
  const uint8_t *next;
  size_t left;
  // Writing: what was made so far.
  uint8_t *written;
  size_t written_count;
  size_t written_capacity;
  // A row, or all of an interlaced picture.
  uint8_t *rows;
} session;

// MARK: What libpng calls

static void on_error(png_structp codec, png_const_charp text) {
  session *self = png_get_error_ptr(codec);
  if (self->status == codec_ok)
    self->status = codec_fail(self->message, codec_damaged, "a damaged PNG: %s", text);
  png_longjmp(codec, 1);
}

static void on_warning(png_structp codec, png_const_charp text) {
  (void)codec;
  (void)text;
}

static void on_read(png_structp codec, png_bytep target, size_t count) {
  session *self = png_get_io_ptr(codec);
  if (count > self->left) {
    self->status = codec_fail(self->message, codec_damaged, "a truncated PNG");
    png_error(codec, "truncated");
  }
  memcpy(target, self->next, count);
  self->next += count;
  self->left -= count;
}

static void on_write(png_structp codec, png_bytep bytes, size_t count) {
  session *self = png_get_io_ptr(codec);
  if (count > self->written_capacity - self->written_count) {
    size_t capacity = 2 * self->written_capacity + count;
    uint8_t *grown = realloc(self->written, capacity);
    if (grown == NULL) {
      self->status = codec_fail(self->message, codec_too_large, "no memory for a PNG");
      png_error(codec, "no memory");
    }
    self->written = grown;
    self->written_capacity = capacity;
  }
  memcpy(self->written + self->written_count, bytes, count);
  self->written_count += count;
}

static void on_flush(png_structp codec) { (void)codec; }

// MARK: Header

static uint32_t big_endian(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// Read by hand: libpng would read, and unpack, every comment and profile on its way to the pixels.
codec_status png_header(const uint8_t *bytes, size_t count, codec_header *header,
                        codec_message *message) {
  // Signature, then length, name, 13 bytes and check sum of the first chunk.
  if (count < 8 + 8 + 13 + 4) return codec_fail(message, codec_damaged, "a truncated PNG");
  if (big_endian(bytes + 8) != 13 || memcmp(bytes + 12, "IHDR", 4) != 0)
    return codec_fail(message, codec_damaged, "a damaged PNG: no IHDR at its start");
  const uint8_t *fields = bytes + 16;
  uint32_t width = big_endian(fields);
  uint32_t height = big_endian(fields + 4);
  if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
    return codec_fail(message, codec_damaged, "a damaged PNG: a size of %u x %u pixels", width,
                      height);
  header->width = (int32_t)width;
  header->height = (int32_t)height;
  header->bits = fields[8];
  header->progressive = fields[12] != 0;
  switch (fields[9]) {
    case PNG_COLOR_TYPE_GRAY: header->colour = codec_grey; break;
    case PNG_COLOR_TYPE_GRAY_ALPHA: header->colour = codec_grey_alpha; break;
    case PNG_COLOR_TYPE_RGB: header->colour = codec_rgb; break;
    case PNG_COLOR_TYPE_RGB_ALPHA: header->colour = codec_rgba; break;
    case PNG_COLOR_TYPE_PALETTE: header->colour = codec_palette; break;
    default:
      return codec_fail(message, codec_damaged, "a damaged PNG: colour type %d", fields[9]);
  }
  for (size_t position = 8; count - position >= 12;) {
    size_t length = big_endian(bytes + position);
    const uint8_t *name = bytes + position + 4;
    if (memcmp(name, "IDAT", 4) == 0) break;
    if (memcmp(name, "iCCP", 4) == 0) header->has_profile = 1;
    if (length > count - position - 12) break;
    position += 12 + length;
  }
  return codec_ok;
}

// MARK: Decoding

static void read_palette(session *self, row_sink *sink) {
  // An index beyond the palette is black, as in Pillow.
  memset(sink->palette, 0, sizeof sink->palette);
  png_colorp colours = NULL;
  int count = 0;
  png_get_PLTE(self->codec, self->information, &colours, &count);
  for (int i = 0; i < count && i < 256; i++) {
    sink->palette[i][0] = colours[i].red;
    sink->palette[i][1] = colours[i].green;
    sink->palette[i][2] = colours[i].blue;
  }
}

static codec_status read_pixels(session *self, codec_limits limits, row_sink *sink) {
  png_structp codec = self->codec;
  png_set_read_fn(codec, self, on_read);
  // Only what pixels are made of: no profile, text or gamma is unpacked or even kept.
  png_set_keep_unknown_chunks(codec, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_chunk_malloc_max(codec, 1 << 20);
  png_set_user_limits(codec, INT32_MAX, INT32_MAX);
  png_read_info(codec, self->information);

  const int64_t width = png_get_image_width(codec, self->information);
  const int64_t height = png_get_image_height(codec, self->information);
  codec_status status = codec_check_size(width, height, limits, self->message);
  if (status != codec_ok) return status;

  png_set_strip_16(codec);
  switch (png_get_color_type(codec, self->information)) {
    case PNG_COLOR_TYPE_GRAY:
      png_set_expand_gray_1_2_4_to_8(codec);
      sink->kind = row_grey;
      break;
    case PNG_COLOR_TYPE_GRAY_ALPHA: sink->kind = row_grey_alpha; break;
    case PNG_COLOR_TYPE_RGB: sink->kind = row_rgb; break;
    case PNG_COLOR_TYPE_RGB_ALPHA: sink->kind = row_rgba; break;
    default:
      png_set_packing(codec);
      read_palette(self, sink);
      sink->kind = row_indices;
  }
  const int passes = png_set_interlace_handling(codec);
  png_read_update_info(codec, self->information);

  const size_t row_size = (size_t)width * (size_t)row_stride(sink->kind);
  if (png_get_rowbytes(codec, self->information) != row_size)
    return codec_fail(self->message, codec_unsupported, "a PNG of an unknown pixel layout");
  self->rows = calloc(passes == 1 ? 1 : (size_t)height, row_size);
  if (self->rows == NULL)
    return codec_fail(self->message, codec_too_large, "no memory for %lld x %lld pixels",
                      (long long)width, (long long)height);
  if (passes == 1) {
    for (int64_t y = 0; y < height; y++) {
      png_read_row(codec, self->rows, NULL);
      sink_row(sink, (int32_t)y, self->rows);
    }
  } else {
    for (int pass = 0; pass < passes; pass++) {
      for (int64_t y = 0; y < height; y++)
        png_read_row(codec, self->rows + (size_t)y * row_size, NULL);
    }
    for (int64_t y = 0; y < height; y++)
      sink_row(sink, (int32_t)y, self->rows + (size_t)y * row_size);
  }
  // The check sum of the last pixels, and the end of the file.
  png_read_end(codec, NULL);
  return codec_ok;
}

codec_status png_decode(const uint8_t *bytes, size_t count, codec_limits limits, row_sink *sink,
                        codec_message *message) {
  session *self = calloc(1, sizeof *self);
  if (self == NULL) return codec_fail(message, codec_too_large, "no memory for a decoder");
  self->message = message;
  self->next = bytes;
  self->left = count;
  self->codec = png_create_read_struct(PNG_LIBPNG_VER_STRING, self, on_error, on_warning);
  if (self->codec != NULL) self->information = png_create_info_struct(self->codec);
  if (self->information == NULL) {
    self->status = codec_fail(message, codec_too_large, "no memory for a decoder");
  } else if (setjmp(png_jmpbuf(self->codec)) == 0) {
    self->status = read_pixels(self, limits, sink);
  }
  png_destroy_read_struct(&self->codec, &self->information, NULL);
  codec_status status = self->status;
  free(self->rows);
  free(self);
  return status;
}

// MARK: Encoding

static void write_pixels(session *self, const uint8_t *pixels, int32_t width, int32_t height,
                         int32_t channels) {
  const int colour = channels == 1   ? PNG_COLOR_TYPE_GRAY
                     : channels == 3 ? PNG_COLOR_TYPE_RGB
                                     : PNG_COLOR_TYPE_RGB_ALPHA;
  png_set_write_fn(self->codec, self, on_write, on_flush);
  png_set_IHDR(self->codec, self->information, (png_uint_32)width, (png_uint_32)height, 8, colour,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(self->codec, self->information);
  const size_t row_size = (size_t)width * (size_t)channels;
  for (int32_t y = 0; y < height; y++) png_write_row(self->codec, pixels + (size_t)y * row_size);
  png_write_end(self->codec, self->information);
}

codec_status codec_encode_png(const uint8_t *pixels, int32_t width, int32_t height,
                              int32_t channels, uint8_t **bytes, size_t *count,
                              codec_message *message) {
  if (width < 1 || height < 1 || (channels != 1 && channels != 3 && channels != 4))
    return codec_fail(message, codec_unsupported, "a PNG of %d x %d pixels of %d channels", width,
                      height, channels);
  session *self = calloc(1, sizeof *self);
  if (self == NULL) return codec_fail(message, codec_too_large, "no memory for an encoder");
  self->message = message;
  self->codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, self, on_error, on_warning);
  if (self->codec != NULL) self->information = png_create_info_struct(self->codec);
  if (self->information == NULL) {
    self->status = codec_fail(message, codec_too_large, "no memory for an encoder");
  } else if (setjmp(png_jmpbuf(self->codec)) == 0) {
    write_pixels(self, pixels, width, height, channels);
  }
  png_destroy_write_struct(&self->codec, &self->information);
  codec_status status = self->status;
  if (status == codec_ok) {
    *bytes = self->written;
    *count = self->written_count;
  } else {
    free(self->written);
  }
  free(self);
  return status;
}
