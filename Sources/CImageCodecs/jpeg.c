// JPEG through libjpeg or libjpeg-turbo.

#include "codecs.h"
#include "jpeg_sampled.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// Everything that one call owns. It lives on the heap, since automatic variables that change between setjmp and longjmp
// have no defined value after the jump.
typedef struct session {
  struct jpeg_decompress_struct decoder;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  jmp_buf landing;
  codec_status status;
  codec_limits limits;
  codec_message *message;
} session;

static session *session_of(j_common_ptr decoder) { return (session *)decoder->client_data; }

// MARK: What libjpeg calls

static void on_error(j_common_ptr decoder) {
  session *self = session_of(decoder);
  char text[JMSG_LENGTH_MAX];
  decoder->err->format_message(decoder, text);
  switch (decoder->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW:
      self->status = codec_fail(self->message, codec_too_large, "%s", text);
      break;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
      self->status = codec_fail(self->message, codec_unsupported, "an unsupported JPEG: %s", text);
      break;
    default:
      self->status = codec_fail(self->message, codec_damaged, "a damaged JPEG: %s", text);
  }
  longjmp(self->landing, 1);
}

// Corrupt data that the decoder can get over is a warning, and passes as it does in Pillow.
static void on_message(j_common_ptr decoder, int level) {
  if (level < 0) decoder->err->num_warnings++;
}

static void on_output(j_common_ptr decoder) { (void)decoder; }

// Called for every row of every scan.
static void on_progress(j_common_ptr decoder) {
  session *self = session_of(decoder);
  if (self->decoder.input_scan_number <= self->limits.maximum_scans) return;
  self->status = codec_fail(self->message, codec_too_large, "a JPEG of more than %d scans",
                            (int)self->limits.maximum_scans);
  longjmp(self->landing, 1);
}

static void start_source(j_decompress_ptr decoder) { (void)decoder; }

// All bytes are there from the start. Asking for more suspends the decoder, which reports it as a file that ends too
// early; the library's own memory source would invent an end marker, and with it grey pixels.
static boolean no_more_input(j_decompress_ptr decoder) {
  (void)decoder;
  return FALSE;
}

static void skip_input(j_decompress_ptr decoder, long count) {
  if (count <= 0) return;
  struct jpeg_source_mgr *source = decoder->src;
  size_t step = (size_t)count < source->bytes_in_buffer ? (size_t)count : source->bytes_in_buffer;
  source->next_input_byte += step;
  source->bytes_in_buffer -= step;
}

static void end_source(j_decompress_ptr decoder) { (void)decoder; }

// MARK: Parts of a call

static codec_status truncated(session *self) {
  return codec_fail(self->message, codec_damaged, "a truncated JPEG (row %u of %u)",
                    (unsigned)self->decoder.output_scanline, (unsigned)self->decoder.image_height);
}

static void start(session *self, const uint8_t *bytes, size_t count) {
  jpeg_create_decompress(&self->decoder);
  self->source.next_input_byte = bytes;
  self->source.bytes_in_buffer = count;
  self->source.init_source = start_source;
  self->source.fill_input_buffer = no_more_input;
  self->source.skip_input_data = skip_input;
  self->source.resync_to_restart = jpeg_resync_to_restart;
  self->source.term_source = end_source;
  self->decoder.src = &self->source;
  self->progress.progress_monitor = on_progress;
  self->decoder.progress = &self->progress;
}

static codec_status read_header(session *self) {
  if (jpeg_read_header(&self->decoder, TRUE) != JPEG_HEADER_OK)
    return codec_fail(self->message, codec_damaged, "a truncated JPEG (it ends in its header)");
  int components = self->decoder.num_components;
  if (components != 1 && components != 3 && components != 4)
    return codec_fail(self->message, codec_unsupported, "a JPEG of %d components", components);
  return codec_ok;
}

static codec_status read_properties(session *self, codec_header *header) {
  // Long enough for the name that begins a profile.
  static const char profile_name[12] = "ICC_PROFILE";
  jpeg_save_markers(&self->decoder, JPEG_APP0 + 2, sizeof profile_name);
  codec_status status = read_header(self);
  if (status != codec_ok) return status;
  header->width = (int32_t)self->decoder.image_width;
  header->height = (int32_t)self->decoder.image_height;
  header->bits = self->decoder.data_precision;
  header->progressive = self->decoder.progressive_mode ? 1 : 0;
  header->colour = self->decoder.num_components == 1   ? codec_grey
                   : self->decoder.num_components == 3 ? codec_rgb
                                                       : codec_cmyk;
  for (jpeg_saved_marker_ptr marker = self->decoder.marker_list; marker; marker = marker->next) {
    if (marker->data_length >= sizeof profile_name &&
        memcmp(marker->data, profile_name, sizeof profile_name) == 0)
      header->has_profile = 1;
  }
  return codec_ok;
}

static codec_status read_pixels(session *self, row_sink *sink) {
  codec_status status = read_header(self);
  if (status != codec_ok) return status;
  struct jpeg_decompress_struct *decoder = &self->decoder;
  status = codec_check_size(decoder->image_width, decoder->image_height, self->limits, self->message);
  if (status != codec_ok) return status;

  // Adobe stores CMYK inverted and everybody followed, so that it is taken for granted, as in Pillow.
  switch (decoder->num_components) {
    case 1:
      decoder->out_color_space = JCS_GRAYSCALE;
      sink->kind = row_grey;
      break;
    case 3:
      decoder->out_color_space = JCS_RGB;
      sink->kind = row_rgb;
      break;
    default:
      decoder->out_color_space = JCS_CMYK;
      sink->kind = row_inverted_cmyk;
  }
  if (sink->grid.columns != NULL && jpeg_can_sample(decoder))
    return jpeg_read_sampled(decoder, sink) ? codec_ok : truncated(self);
  if (!jpeg_start_decompress(decoder)) return truncated(self);
  JSAMPARRAY row = decoder->mem->alloc_sarray(
      (j_common_ptr)decoder, JPOOL_IMAGE,
      decoder->output_width * (JDIMENSION)decoder->output_components, 1);
  while (decoder->output_scanline < decoder->output_height) {
    int32_t y = (int32_t)decoder->output_scanline;
    if (jpeg_read_scanlines(decoder, row, 1) != 1) return truncated(self);
    sink_row(sink, y, row[0]);
  }
  // What follows the last row does not matter: a missing end marker passes, as it does in Pillow.
  return codec_ok;
}

// MARK: Calls

static codec_status run(const uint8_t *bytes, size_t count, codec_limits limits, row_sink *sink,
                        codec_header *header, codec_message *message) {
  session *self = calloc(1, sizeof *self);
  if (self == NULL) return codec_fail(message, codec_too_large, "no memory for a decoder");
  self->limits = limits;
  self->message = message;
  self->decoder.err = jpeg_std_error(&self->errors);
  self->decoder.client_data = self;
  self->errors.error_exit = on_error;
  self->errors.emit_message = on_message;
  self->errors.output_message = on_output;
  if (setjmp(self->landing) == 0) {
    start(self, bytes, count);
    self->status = sink != NULL ? read_pixels(self, sink) : read_properties(self, header);
  }
  jpeg_destroy_decompress(&self->decoder);
  codec_status status = self->status;
  free(self);
  return status;
}

codec_status jpeg_header(const uint8_t *bytes, size_t count, codec_header *header,
                         codec_message *message) {
  // No pixels are read, so no limit is met.
  codec_limits none = {INT64_MAX, INT32_MAX};
  return run(bytes, count, none, NULL, header, message);
}

codec_status jpeg_decode(const uint8_t *bytes, size_t count, codec_limits limits, row_sink *sink,
                         codec_message *message) {
  return run(bytes, count, limits, sink, NULL, message);
}
