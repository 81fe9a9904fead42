// The pixels of a grid, out of a JPEG's planes.
//
// A JPEG keeps colour differences at half the resolution, and a decoder interpolates them, converts every pixel to RGB, and
// here would throw most of them away. So the planes are taken as they come out of the inverse transform, and only the pixels
// that are wanted are interpolated and converted, with the integer arithmetic of libjpeg-turbo: the same bits, at some
// three quarters of the time.

#include "jpeg_sampled.h"

#include <stdio.h>

#include <jpeglib.h>

#ifdef LIBJPEG_TURBO_VERSION

// Rows of one plane, as many as the last two groups of blocks hold: interpolation looks at the row before or after.
typedef struct plane {
  JSAMPARRAY rows;
  // Rows in a group of blocks, 8 or 16.
  int group;
  // The size that counts; blocks reach over it.
  int32_t width;
  int32_t height;
} plane;

int jpeg_can_sample(const struct jpeg_decompress_struct *decoder) {
  const jpeg_component_info *components = decoder->comp_info;
  if (decoder->num_components == 1)
    return components[0].h_samp_factor == 1 && components[0].v_samp_factor == 1;
  if (decoder->num_components != 3 || decoder->jpeg_color_space != JCS_YCbCr) return 0;
  for (int i = 1; i < 3; i++) {
    if (components[i].h_samp_factor != 1 || components[i].v_samp_factor != 1) return 0;
  }
  // Narrower planes are not interpolated.
  if (decoder->image_width < 5) return 0;
  const int horizontal = components[0].h_samp_factor;
  const int vertical = components[0].v_samp_factor;
  return (horizontal == 1 && vertical == 1) || (horizontal == 2 && vertical <= 2);
}

static inline const uint8_t *plane_row(const plane *plane, int32_t y) {
  return plane->rows[y % (2 * plane->group)];
}

// MARK: Arithmetic of libjpeg-turbo (jdsample.c, jdcolor.c)

static inline uint8_t limited(int value) {
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline void rgb_from_ycc(int y, int cb, int cr, uint8_t *rgb) {
  cb -= 128;
  cr -= 128;
  rgb[0] = limited(y + ((91881 * cr + 32768) >> 16));
  rgb[1] = limited(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
  rgb[2] = limited(y + ((116130 * cb + 32768) >> 16));
}

// Column `x` of a row of twice the width: three quarters of the nearer sample, one of the farther, rounded down and up in
// turn. The ends are what they are.
static inline int widened(const uint8_t *row, int32_t width, int32_t x) {
  const int32_t near = x >> 1;
  if (x & 1) {
    if (near == width - 1) return row[near];
    return (3 * row[near] + row[near + 1] + 2) >> 2;
  }
  if (near == 0) return row[near];
  return (3 * row[near] + row[near - 1] + 1) >> 2;
}

// The same along both axes, in sixteenths. `other` is the row above or below that `row` is mixed with.
static inline int enlarged(const uint8_t *row, const uint8_t *other, int32_t width, int32_t x) {
  const int32_t near = x >> 1;
  const int sum = 3 * row[near] + other[near];
  if (x & 1) {
    if (near == width - 1) return (4 * sum + 7) >> 4;
    return (3 * sum + 3 * row[near + 1] + other[near + 1] + 7) >> 4;
  }
  if (near == 0) return (4 * sum + 8) >> 4;
  return (3 * sum + 3 * row[near - 1] + other[near - 1] + 8) >> 4;
}

// MARK: Rows

// The last row of the colour planes that row `y` of the picture needs.
static int32_t last_needed(const plane *chroma, int vertical, int32_t y) {
  if (vertical == 1) return y;
  const int32_t last = (y & 1) ? (y >> 1) + 1 : y >> 1;
  return last < chroma->height ? last : chroma->height - 1;
}

static void write_row(const plane planes[3], int horizontal, int vertical, int32_t y,
                      const row_sink *sink, uint8_t *target) {
  const int32_t *columns = sink->grid.columns;
  const int32_t count = sink->grid.column_count;
  const uint8_t *luma = plane_row(&planes[0], y);
  const int32_t near = vertical == 2 ? y >> 1 : y;
  int32_t other = (y & 1) ? near + 1 : near - 1;
  if (other < 0) other = 0;
  if (other > planes[1].height - 1) other = planes[1].height - 1;
  const uint8_t *blue = plane_row(&planes[1], near);
  const uint8_t *red = plane_row(&planes[2], near);
  const int32_t width = planes[1].width;
  if (horizontal == 1) {
    for (int32_t i = 0; i < count; i++, target += 3) {
      const int32_t x = columns[i];
      rgb_from_ycc(luma[x], blue[x], red[x], target);
    }
  } else if (vertical == 1) {
    for (int32_t i = 0; i < count; i++, target += 3) {
      const int32_t x = columns[i];
      rgb_from_ycc(luma[x], widened(blue, width, x), widened(red, width, x), target);
    }
  } else {
    const uint8_t *other_blue = plane_row(&planes[1], other);
    const uint8_t *other_red = plane_row(&planes[2], other);
    for (int32_t i = 0; i < count; i++, target += 3) {
      const int32_t x = columns[i];
      rgb_from_ycc(luma[x], enlarged(blue, other_blue, width, x),
                   enlarged(red, other_red, width, x), target);
    }
  }
}

int jpeg_read_sampled(struct jpeg_decompress_struct *decoder, row_sink *sink) {
  decoder->raw_data_out = TRUE;
  if (!jpeg_start_decompress(decoder)) return 0;
  const int horizontal = decoder->comp_info[0].h_samp_factor;
  const int vertical = decoder->comp_info[0].v_samp_factor;
  plane planes[3];
  for (int i = 0; i < decoder->num_components; i++) {
    const jpeg_component_info *component = &decoder->comp_info[i];
    planes[i].group = component->v_samp_factor * DCTSIZE;
    planes[i].width = (int32_t)component->downsampled_width;
    planes[i].height = (int32_t)component->downsampled_height;
    planes[i].rows = decoder->mem->alloc_sarray(
        (j_common_ptr)decoder, JPOOL_IMAGE,
        (component->width_in_blocks + (JDIMENSION)component->h_samp_factor) * DCTSIZE,
        (JDIMENSION)(2 * planes[i].group));
  }
  // What comes out of the planes has the columns of the grid already.
  JSAMPARRAY row = decoder->mem->alloc_sarray((j_common_ptr)decoder, JPOOL_IMAGE,
                                              (JDIMENSION)sink->grid.column_count * 3, 1);
  row_sink sampled = *sink;
  sampled.grid.columns = NULL;
  sampled.kind = row_rgb;

  const int32_t height = (int32_t)decoder->output_height;
  int32_t y = 0;
  for (int32_t group = 0; y < height; group++) {
    JSAMPARRAY targets[3];
    for (int i = 0; i < decoder->num_components; i++)
      targets[i] = planes[i].rows + (group % 2) * planes[i].group;
    if (jpeg_read_raw_data(decoder, targets, (JDIMENSION)(vertical * DCTSIZE)) == 0) return 0;
    const int32_t luma_end = (group + 1) * vertical * DCTSIZE;
    const int32_t chroma_end = (group + 1) * DCTSIZE;
    for (; y < height && y < luma_end; y++) {
      if (decoder->num_components == 1) {
        sink_row(sink, y, plane_row(&planes[0], y));
      } else {
        if (last_needed(&planes[1], vertical, y) >= chroma_end) break;
        if (!sink_wants(&sampled, y)) continue;
        write_row(planes, horizontal, vertical, y, sink, row[0]);
        sink_row(&sampled, y, row[0]);
      }
    }
  }
  if (decoder->num_components != 1) sink->next_row = sampled.next_row;
  return 1;
}

#else

// Another libjpeg interpolates in another way.
int jpeg_can_sample(const struct jpeg_decompress_struct *decoder) {
  (void)decoder;
  return 0;
}

int jpeg_read_sampled(struct jpeg_decompress_struct *decoder, row_sink *sink) {
  (void)decoder;
  (void)sink;
  return 0;
}

#endif
