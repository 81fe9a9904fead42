// What the codecs share: messages, and the way from a decoded row to the pixels that are wanted.

#ifndef CODECS_H
#define CODECS_H

#include "CImageCodecs.h"

/// Writes the message and returns `status`.
codec_status codec_fail(codec_message *message, codec_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// Fails unless the size is positive and within the limit.
codec_status codec_check_size(int64_t width, int64_t height, codec_limits limits,
                              codec_message *message);

/// How the pixels of a decoded row lie.
typedef enum row_kind {
  row_grey,
  row_grey_alpha,
  row_rgb,
  row_rgba,
  row_indices,
  /// As Adobe writes it: 255 is no ink.
  row_inverted_cmyk,
} row_kind;

/// Bytes a pixel in a row of this kind.
int row_stride(row_kind kind);

/// Takes decoded rows from top to bottom and keeps what the grid wants.
typedef struct row_sink {
  codec_grid grid;
  row_kind kind;
  int channels;
  /// RGB for every index of `row_indices`.
  uint8_t palette[256][3];
  uint8_t *pixels;
  int32_t next_row;
} row_sink;

/// Whether the sink wants row `y`, the rows before it being done with.
static inline int sink_wants(const row_sink *sink, int32_t y) {
  if (sink->next_row >= sink->grid.row_count) return 0;
  return sink->grid.rows == NULL || sink->grid.rows[sink->next_row] == y;
}

/// Stores row `y` wherever the grid wants it.
void sink_row(row_sink *sink, int32_t y, const uint8_t *row);

codec_status jpeg_header(const uint8_t *bytes, size_t count, codec_header *header,
                         codec_message *message);
codec_status jpeg_decode(const uint8_t *bytes, size_t count, codec_limits limits, row_sink *sink,
                         codec_message *message);
codec_status png_header(const uint8_t *bytes, size_t count, codec_header *header,
                        codec_message *message);
codec_status png_decode(const uint8_t *bytes, size_t count, codec_limits limits, row_sink *sink,
                        codec_message *message);

#endif
