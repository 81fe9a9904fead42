// Tells the formats apart, reads files, and turns decoded rows into grey or RGB.

#include "codecs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

codec_status codec_fail(codec_message *message, codec_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message->text, sizeof message->text, format, arguments);
  va_end(arguments);
  return status;
}

codec_status codec_check_size(int64_t width, int64_t height, codec_limits limits,
                              codec_message *message) {
  if (width < 1 || height < 1)
    return codec_fail(message, codec_damaged, "a size of %lld x %lld pixels", (long long)width,
                      (long long)height);
  // Both are below 2^31, so that the product fits.
  if (width * height > limits.maximum_pixels)
    return codec_fail(message, codec_too_large, "%lld x %lld pixels are more than the limit of %lld",
                      (long long)width, (long long)height, (long long)limits.maximum_pixels);
  return codec_ok;
}

// MARK: Files

codec_status codec_read_file(const char *path, int64_t maximum_size, uint8_t **bytes, size_t *count,
                             codec_message *message) {
  // Without O_NONBLOCK, opening a named pipe waits for someone to write to it.
  int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return codec_fail(message, codec_unreadable, "%s", strerror(errno));

  codec_status status = codec_ok;
  uint8_t *buffer = NULL;
  size_t filled = 0;
  struct stat information;
  if (fstat(file, &information) != 0) {
    status = codec_fail(message, codec_unreadable, "%s", strerror(errno));
  } else if (S_ISDIR(information.st_mode)) {
    status = codec_fail(message, codec_unreadable, "a directory, not a file");
  } else if (!S_ISREG(information.st_mode)) {
    status = codec_fail(message, codec_unreadable, "not a regular file");
  } else if (information.st_size == 0) {
    status = codec_fail(message, codec_damaged, "an empty file");
  } else if (information.st_size > maximum_size) {
    status = codec_fail(message, codec_too_large, "%lld bytes are more than the limit of %lld",
                        (long long)information.st_size, (long long)maximum_size);
  } else if ((buffer = malloc((size_t)information.st_size)) == NULL) {
    status = codec_fail(message, codec_too_large, "no memory for its %lld bytes",
                        (long long)information.st_size);
  }
  while (status == codec_ok && filled < (size_t)information.st_size) {
    ssize_t step = read(file, buffer + filled, (size_t)information.st_size - filled);
    if (step > 0) {
      filled += (size_t)step;
    } else if (step == 0) {
      status = codec_fail(message, codec_unreadable, "the file became shorter while it was read");
    } else if (errno != EINTR) {
      status = codec_fail(message, codec_unreadable, "%s", strerror(errno));
    }
  }
  close(file);
  if (status != codec_ok) {
    free(buffer);
    return status;
  }
  *bytes = buffer;
  *count = filled;
  return codec_ok;
}

void codec_free(uint8_t *bytes) { free(bytes); }

// MARK: Formats

static codec_status detect(const uint8_t *bytes, size_t count, codec_format *format,
                           codec_message *message) {
  static const uint8_t jpeg_signature[3] = {0xFF, 0xD8, 0xFF};
  static const uint8_t png_signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  if (count >= sizeof jpeg_signature && memcmp(bytes, jpeg_signature, sizeof jpeg_signature) == 0) {
    *format = codec_jpeg;
    return codec_ok;
  }
  if (count >= sizeof png_signature && memcmp(bytes, png_signature, sizeof png_signature) == 0) {
    *format = codec_png;
    return codec_ok;
  }
  if (count == 0) return codec_fail(message, codec_damaged, "an empty file");
  char first[3 * 8 + 1] = "";
  for (size_t i = 0; i < count && i < 8; i++)
    snprintf(first + (i == 0 ? 0 : 3 * i - 1), 4, i == 0 ? "%02X" : " %02X", bytes[i]);
  return codec_fail(message, codec_unknown_format, "neither JPEG nor PNG (it begins with %s)",
                    first);
}

codec_status codec_read_header(const uint8_t *bytes, size_t count, codec_limits limits,
                               codec_header *header, codec_message *message) {
  codec_format format;
  codec_status status = detect(bytes, count, &format, message);
  if (status != codec_ok) return status;
  memset(header, 0, sizeof *header);
  header->format = format;
  status = format == codec_jpeg ? jpeg_header(bytes, count, header, message)
                                : png_header(bytes, count, header, message);
  if (status != codec_ok) return status;
  return codec_check_size(header->width, header->height, limits, message);
}

codec_status codec_decode(const uint8_t *bytes, size_t count, codec_limits limits, codec_grid grid,
                          int32_t channels, uint8_t *pixels, codec_message *message) {
  codec_format format;
  codec_status status = detect(bytes, count, &format, message);
  if (status != codec_ok) return status;
  row_sink sink = {.grid = grid, .channels = channels, .pixels = pixels};
  status = format == codec_jpeg ? jpeg_decode(bytes, count, limits, &sink, message)
                                : png_decode(bytes, count, limits, &sink, message);
  if (status == codec_ok && sink.next_row != grid.row_count)
    return codec_fail(message, codec_damaged, "fewer rows than it promises");
  return status;
}

// MARK: Rows

int row_stride(row_kind kind) {
  switch (kind) {
    case row_grey:
    case row_indices: return 1;
    case row_grey_alpha: return 2;
    case row_rgb: return 3;
    case row_rgba:
    case row_inverted_cmyk: return 4;
  }
  return 0;
}

// ITU-R 601-2 luma in 16 bits of fraction, as Pillow computes it.
static inline uint8_t luma(const uint8_t *rgb) {
  return (uint8_t)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

// a b / 255, rounded, without a division.
static inline int multiplied(int a, int b) {
  int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// As Pillow converts: no colour management, inks multiply.
static inline void rgb_from_inverted_cmyk(const uint8_t *cmyk, uint8_t *rgb) {
  int light = cmyk[3];
  for (int i = 0; i < 3; i++) {
    int value = light - multiplied(255 - cmyk[i], light);
    rgb[i] = (uint8_t)(value < 0 ? 0 : value);
  }
}

// One loop for each kind; `columns` is null for all of them.
#define FOR_EACH_COLUMN(STRIDE, BODY)                                                   \
  if (columns == NULL) {                                                                \
    for (int32_t i = 0; i < count; i++, target += channels) {                           \
      const uint8_t *source = row + (size_t)i * STRIDE;                                 \
      BODY                                                                              \
    }                                                                                   \
  } else {                                                                              \
    for (int32_t i = 0; i < count; i++, target += channels) {                           \
      const uint8_t *source = row + (size_t)columns[i] * STRIDE;                        \
      BODY                                                                              \
    }                                                                                   \
  }                                                                                     \
  break;

static void store_grey(const row_sink *sink, const uint8_t *row, uint8_t *target) {
  const int32_t *columns = sink->grid.columns;
  const int32_t count = sink->grid.column_count;
  const int channels = 1;
  switch (sink->kind) {
    case row_grey: FOR_EACH_COLUMN(1, *target = *source;)
    case row_grey_alpha: FOR_EACH_COLUMN(2, *target = *source;)
    case row_rgb: FOR_EACH_COLUMN(3, *target = luma(source);)
    case row_rgba: FOR_EACH_COLUMN(4, *target = luma(source);)
    case row_indices: FOR_EACH_COLUMN(1, *target = luma(sink->palette[*source]);)
    case row_inverted_cmyk:
      FOR_EACH_COLUMN(4, uint8_t rgb[3]; rgb_from_inverted_cmyk(source, rgb); *target = luma(rgb);)
  }
}

static void store_rgb(const row_sink *sink, const uint8_t *row, uint8_t *target) {
  const int32_t *columns = sink->grid.columns;
  const int32_t count = sink->grid.column_count;
  const int channels = 3;
  switch (sink->kind) {
    case row_grey:
      FOR_EACH_COLUMN(1, target[0] = target[1] = target[2] = source[0];)
    case row_grey_alpha:
      FOR_EACH_COLUMN(2, target[0] = target[1] = target[2] = source[0];)
    case row_rgb:
      FOR_EACH_COLUMN(3, target[0] = source[0]; target[1] = source[1]; target[2] = source[2];)
    case row_rgba:
      FOR_EACH_COLUMN(4, target[0] = source[0]; target[1] = source[1]; target[2] = source[2];)
    case row_indices: FOR_EACH_COLUMN(1, memcpy(target, sink->palette[*source], 3);)
    case row_inverted_cmyk: FOR_EACH_COLUMN(4, rgb_from_inverted_cmyk(source, target);)
  }
}

void sink_row(row_sink *sink, int32_t y, const uint8_t *row) {
  const size_t length = (size_t)sink->grid.column_count * (size_t)sink->channels;
  const uint8_t *stored = NULL;
  while (sink_wants(sink, y)) {
    uint8_t *target = sink->pixels + (size_t)sink->next_row * length;
    if (stored != NULL) {
      memcpy(target, stored, length);
    } else if (sink->channels == 1) {
      store_grey(sink, row, target);
    } else {
      store_rgb(sink, row, target);
    }
    stored = target;
    sink->next_row++;
    if (sink->grid.rows == NULL) break;
  }
}
