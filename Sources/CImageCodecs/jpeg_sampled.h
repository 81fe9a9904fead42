// The pixels of a grid, out of a JPEG's planes.

#ifndef JPEG_SAMPLED_H
#define JPEG_SAMPLED_H

#include "codecs.h"

struct jpeg_decompress_struct;

/// Whether `jpeg_read_sampled` knows how this picture is stored. To be asked between header and start.
int jpeg_can_sample(const struct jpeg_decompress_struct *decoder);

/// Starts the decoder and hands the rows of the grid to the sink, bit for bit what decoding all pixels would give.
///
/// Returns 0 where the file ends too early. Errors jump to the landing place of the decoder.
int jpeg_read_sampled(struct jpeg_decompress_struct *decoder, row_sink *sink);

#endif
