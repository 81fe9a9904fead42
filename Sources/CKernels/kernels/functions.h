// Elementary functions of vectors, within two and a half units in the last place. Not a number stays so.
// Coefficients: Moshier, Cephes (single precision).

INLINE Vector magnitude(Vector x) { return (Vector)((Mask)x & 0x7fffffff); }

#define MAGIC 0x1.8p23f  // adding it rounds to an integer, left in the low bits

// x = n log(2) + r with |r| <= log(2) / 2; e^r - 1 is returned, and n, an integer.
INLINE Vector reduced_exponential(Vector x, Vector *n) {
  *n = x * 1.44269504f + MAGIC - MAGIC;
  // log(2) in two parts, the first of which times n is exact.
  const Vector r = x - *n * 0.693359375f + *n * 2.12194440e-4f;
  Vector p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * (r * r) + r;
}

// p 2^n for an integer n between -252 and 254.
INLINE Vector times_power_of_two(Vector p, Vector n) {
#ifdef TIMES_POWER_OF_TWO
  return TIMES_POWER_OF_TWO(p, n);
#else
  // In two steps, since 2^n alone may lie outside what has an exponent.
  const Mask exponent = (Mask)(n + MAGIC) - (Mask)splat(MAGIC), half = exponent >> 1;
  return p * (Vector)((half + 127) << 23) * (Vector)((exponent - half + 127) << 23);
#endif
}

INLINE Vector exponential(Vector x) {
  // Beyond these the result is infinity or zero.
  x = choose(x > splat(89), splat(89), x);
  x = choose(x < splat(-104), splat(-104), x);
  Vector n;
  const Vector fraction = reduced_exponential(x, &n);
  return times_power_of_two(fraction + 1, n);
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

// E / (E + 2) with E = e^2|x| - 1 = 2^n (e^r - 1) + (2^n - 1), which near zero loses nothing.
INLINE Vector hyperbolic_tangent(Vector x) {
  const Vector a = magnitude(x);
  Vector n;
  // Beyond this the result rounds to one.
  const Vector fraction = reduced_exponential(2 * choose(a > splat(9.02f), splat(9.02f), a), &n);
  const Vector power = times_power_of_two(splat(1), n);
  const Vector e = power * fraction + (power - 1);
  return (Vector)((Mask)(e / (e + 2)) | ((Mask)x & (int32_t)0x80000000));
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
