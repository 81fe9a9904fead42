// Elementary functions of vectors, within two units in the last place. Not a number stays so.
// Coefficients: Moshier, Cephes (single precision).

INLINE Vector magnitude(Vector x) { return (Vector)((Mask)x & 0x7fffffff); }

// e^x = 2^n e^r with |r| <= log(2) / 2.
INLINE Vector exponential(Vector x) {
  const float magic = 0x1.8p23f;  // adding it rounds to an integer, left in the low bits
  // Beyond these the result is infinity or zero, and within them n fits.
  x = choose(x > splat(89), splat(89), x);
  x = choose(x < splat(-104), splat(-104), x);
  const Vector shifted = x * 1.44269504f + magic;
  const Vector n = shifted - magic;
  const Mask exponent = (Mask)shifted - (Mask)splat(magic);
  // log(2) in two parts, the first of which times n is exact.
  const Vector r = x - n * 0.693359375f + n * 2.12194440e-4f;
  Vector p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1;
  // In two steps, since 2^n alone may lie outside what has an exponent.
  const Mask half = exponent >> 1;
  return p * (Vector)((half + 127) << 23) * (Vector)((exponent - half + 127) << 23);
}

INLINE Vector logarithm(Vector x) {
  const Mask is_small = x < splat(0x1p-126f);
  const Vector scaled = choose(is_small, x * 0x1p23f, x);
  const Mask bits = (Mask)scaled;
  Vector exponent = __builtin_convertvector((bits >> 23) - 126, Vector);
  exponent -= keep(is_small, splat(23));
  Vector m = (Vector)((bits & 0x7fffff) | 0x3f000000);  // in 0.5 ..< 1
  const Mask is_low = m < splat(0.707106781f);
  exponent -= keep(is_low, splat(1));
  m = m + keep(is_low, m) - 1;
  const Vector z = m * m;
  Vector p = splat(7.0376836292e-2f);
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const Vector y = m * z * p - 2.12194440e-4f * exponent - 0.5f * z;
  Vector result = m + y + 0.693359375f * exponent;
  result = choose(x == splat(INFINITY), x, result);
  result = choose(x == splat(0), splat(-INFINITY), result);
  return choose(x >= splat(0), result, splat(NAN));
}

// 1 - 2 / (e^2x + 1), which loses what matters near zero: there a polynomial.
INLINE Vector hyperbolic_tangent(Vector x) {
  const Vector a = magnitude(x), z = x * x;
  Vector p = splat(-5.70498872745e-3f);
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const Vector near = p * z * x + x;
  const Vector far = 1 - 2 / (exponential(2 * a) + 1);
  const Vector signed_far = (Vector)((Mask)far | ((Mask)x & (int32_t)0x80000000));
  return choose(a >= splat(0.625f), signed_far, near);
}

// By whichever form keeps the exponential below one.
INLINE Vector logistic(Vector x) {
  const Vector e = exponential(-magnitude(x));
  return choose(x < splat(0), e, splat(1)) / (1 + e);
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), the last by Goldberg's correction of 1 + e.
INLINE Vector log_one_plus_exp(Vector x) {
  const Vector e = exponential(-magnitude(x)), u = 1 + e, d = u - 1;
  const Vector correction = choose(d == splat(0), e, logarithm(u) * (e / d));
  return at_least(splat(0), x) + correction;
}
