#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

static const double half_log_2pi = 0.918938533204672742;

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

/* Steele, Lea and Flood (2014), the output function of SplitMix64. */
static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Two SplitMix64 generators, one started at the seed and one at the scrambled stream number, are added: the
 * state is a different pseudorandom point for each pair, and streams of one seed cannot be shifts of each
 * other as they would be when the numbers were merely added. */
void random_init(struct random_stream *r, uint64_t seed, uint64_t stream)
{
	uint64_t from_seed = seed;
	uint64_t from_stream = stream;
	from_stream = splitmix(&from_stream);
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix(&from_seed) ^ splitmix(&from_stream);
	/* the all-zero state is the one fixed point */
	if (!(r->s[0] | r->s[1] | r->s[2] | r->s[3]))
		r->s[0] = 1;
}

uint64_t random_bits(struct random_stream *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotate(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

double random_uniform(struct random_stream *r)
{
	return (double)(random_bits(r) >> 11) * 0x1p-53;
}

/* Uniform in (0, 1]: safe under a logarithm. */
static double uniform_positive(struct random_stream *r)
{
	return (double)((random_bits(r) >> 11) + 1) * 0x1p-53;
}

uint64_t random_below(struct random_stream *r, uint64_t bound)
{
	assert(bound > 0);
	unsigned __int128 product = (unsigned __int128)random_bits(r) * bound;
	if ((uint64_t)product < bound) {
		uint64_t threshold = -bound % bound;
		while ((uint64_t)product < threshold)
			product = (unsigned __int128)random_bits(r) * bound;
	}
	return (uint64_t)(product >> 64);
}

/* The polar method (Marsaglia and Bray 1964). Its second value is dropped: a stream has no hidden memory. */
double random_normal(struct random_stream *r)
{
	for (;;) {
		double x = 2 * random_uniform(r) - 1;
		double y = 2 * random_uniform(r) - 1;
		double square = x * x + y * y;
		if (square > 0 && square < 1)
			return x * sqrt(-2 * log(square) / square);
	}
}

double random_exponential(struct random_stream *r)
{
	return -log(uniform_positive(r));
}

double random_gamma(struct random_stream *r, double shape, double scale)
{
	assert(shape > 0 && scale > 0);
	if (shape < 1) {
		/* Gamma(a) = Gamma(a + 1) U^(1/a) */
		double power = pow(uniform_positive(r), 1 / shape);
		return random_gamma(r, shape + 1, scale) * power;
	}
	double d = shape - 1.0 / 3;
	double c = 1 / sqrt(9 * d);
	for (;;) {
		double x = random_normal(r);
		double v = 1 + c * x;
		if (v <= 0)
			continue;
		v = v * v * v;
		double u = uniform_positive(r);
		if (u < 1 - 0.0331 * x * x * x * x || log(u) < 0.5 * x * x + d * (1 - v + log(v)))
			return d * v * scale;
	}
}

double random_beta(struct random_stream *r, double a, double b)
{
	if (a > 1 || b > 1) {
		double x = random_gamma(r, a, 1);
		double y = random_gamma(r, b, 1);
		return x / (x + y);
	}
	/* Joehnk (1964), in logarithms when both powers underflow */
	for (;;) {
		double u = log(uniform_positive(r)) / a;
		double v = log(uniform_positive(r)) / b;
		double larger = u > v ? u : v;
		double log_sum = larger + log(exp(u - larger) + exp(v - larger));
		if (log_sum <= 0)
			return exp(u - log_sum);
	}
}

/* log k! minus Stirling's formula for it. The series has an error below 1e-16 from 16 on. */
static double stirling_error(double k)
{
	if (k < 16) {
		int sign;
		return k > 0 ? lgamma_r(k + 1, &sign) - (k + 0.5) * log(k) + k - half_log_2pi : 0;
	}
	double square = k * k;
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) /
				   square) /
	       k;
}

/* x log(x / mean) + mean - x without cancellation. */
static double deviance(double x, double mean)
{
	double difference = x - mean;
	if (fabs(difference) >= 0.1 * (x + mean))
		return x > 0 ? x * log(x / mean) - difference : mean;
	double v = difference / (x + mean);
	double sum = difference * v;
	double term = 2 * x * v;
	for (int j = 1; j < 1000; j++) {
		term *= v * v;
		double next = sum + term / (2 * j + 1);
		if (!(fabs(next - sum) > 0))
			break;
		sum = next;
	}
	return sum;
}

/* Logarithms of probabilities up to a constant, by saddle point (Loader 2000): differences of log-gammas
 * would have lost all digits at counts of 1e15. */
static double log_poisson(double k, double mean)
{
	if (k <= 0)
		return half_log_2pi - mean;
	return -stirling_error(k) - deviance(k, mean) - 0.5 * log(k);
}

static double log_binomial(double k, double n, double p)
{
	double q = 1 - p;
	if (k <= 0 || k >= n)
		return half_log_2pi - 0.5 * log(n) + n * (k <= 0 ? log1p(-p) : log(p));
	return stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * p) -
	       deviance(n - k, n * q) - 0.5 * log(k) - 0.5 * log(n - k);
}

/* Transformed rejection with squeeze, PTRS (Hoermann 1993), for means of 10 and more. */
static uint64_t poisson_rejection(struct random_stream *r, double mean)
{
	double b = 0.931 + 2.53 * sqrt(mean);
	double a = -0.059 + 0.02483 * b;
	double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
	double v_r = 0.9277 - 3.6224 / (b - 2);
	for (;;) {
		double u = random_uniform(r) - 0.5;
		double v = uniform_positive(r);
		double us = 0.5 - fabs(u);
		double k = floor((2 * a / us + b) * u + mean + 0.43);
		if (us >= 0.07 && v <= v_r)
			return (uint64_t)k;
		if (k < 0 || (us < 0.013 && v > us))
			continue;
		if (log(v * inverse_alpha / (a / (us * us) + b)) <= log_poisson(k, mean) - half_log_2pi)
			return (uint64_t)k;
	}
}

uint64_t random_poisson(struct random_stream *r, double mean)
{
	assert(mean >= 0 && mean < 0x1p62);
	if (mean >= 10)
		return poisson_rejection(r, mean);
	/* the product of uniforms falls below exp(-mean) (Knuth 1969) */
	double limit = exp(-mean);
	double product = uniform_positive(r);
	uint64_t k = 0;
	while (product > limit) {
		product *= uniform_positive(r);
		k++;
	}
	return k;
}

/* Inversion by the recurrence of the probabilities, for n p < 30. */
static uint64_t binomial_inversion(struct random_stream *r, uint64_t n, double p)
{
	double mean = (double)n * p;
	double u = random_uniform(r);
	/* P(0) is at least this: rare events need no exponential */
	if (u < 1 - mean)
		return 0;
	double q = 1 - p;
	double odds = p / q;
	double a = ((double)n + 1) * odds;
	double f0 = exp((double)n * log1p(-p));
	/* beyond this bound the probability left is below the resolution of u: draw again */
	double bound = fmin((double)n, mean + 12 * sqrt(mean * q + 1) + 40);
	for (;; u = random_uniform(r)) {
		double f = f0;
		for (double k = 0; k <= bound; k++) {
			if (u < f)
				return (uint64_t)k;
			u -= f;
			f *= a / (k + 1) - odds;
		}
	}
}

struct btpe {
	double n, r, q, npq;
	double m;                /* mode */
	double p1, p2, p3, p4;   /* areas under triangle, parallelogram, left and right tail, summed */
	double x_m, x_l, x_r, c; /* the triangle's apex and feet, the parallelogram's height */
	double lambda_l, lambda_r;
};

static void btpe_prepare(struct btpe *b, uint64_t n, double p)
{
	b->n = (double)n;
	b->r = p;
	b->q = 1 - p;
	b->npq = b->n * p * b->q;
	double f_m = b->n * p + p;
	b->m = floor(f_m);
	b->p1 = floor(2.195 * sqrt(b->npq) - 4.6 * b->q) + 0.5;
	b->x_m = b->m + 0.5;
	b->x_l = b->x_m - b->p1;
	b->x_r = b->x_m + b->p1;
	b->c = 0.134 + 20.5 / (15.3 + b->m);
	double a = (f_m - b->x_l) / (f_m - b->x_l * p);
	b->lambda_l = a * (1 + a / 2);
	a = (b->x_r - f_m) / (b->x_r * b->q);
	b->lambda_r = a * (1 + a / 2);
	b->p2 = b->p1 * (1 + 2 * b->c);
	b->p3 = b->p2 + b->c / b->lambda_l;
	b->p4 = b->p3 + b->c / b->lambda_r;
}

/* Steps 1 to 4: a candidate y under the hat, and in *v the height at which it must be accepted. 1 when it is
 * accepted at once (the triangle lies wholly below), -1 when it is to be drawn again. */
static int btpe_candidate(const struct btpe *b, struct random_stream *r, double *y, double *v)
{
	double u = random_uniform(r) * b->p4;
	*v = uniform_positive(r);
	if (u <= b->p1) {
		*y = floor(b->x_m - b->p1 * *v + u);
		return 1;
	}
	if (u <= b->p2) {
		double x = b->x_l + (u - b->p1) / b->c;
		*v = *v * b->c + 1 - fabs(b->m - x + 0.5) / b->p1;
		*y = floor(x);
		return *v > 1 || *v <= 0 ? -1 : 0;
	}
	if (u <= b->p3) {
		*y = floor(b->x_l + log(*v) / b->lambda_l);
		*v *= (u - b->p2) * b->lambda_l;
		return *y < 0 ? -1 : 0;
	}
	*y = floor(b->x_r - log(*v) / b->lambda_r);
	*v *= (u - b->p3) * b->lambda_r;
	return *y > b->n ? -1 : 0;
}

/* Step 5: the exact test f(y) / f(m) >= v, in logarithms. */
static bool btpe_accept(const struct btpe *b, double y, double v)
{
	double k = fabs(y - b->m);
	if (k > 20 && k < b->npq / 2 - 1) {
		/* squeeze 5.2 */
		double rho = k / b->npq * ((k * (k / 3 + 0.625) + 1.0 / 6) / b->npq + 0.5);
		double t = -k * k / (2 * b->npq);
		double log_v = log(v);
		if (log_v < t - rho)
			return true;
		if (log_v > t + rho)
			return false;
	}
	return log(v) <= log_binomial(y, b->n, b->r) - log_binomial(b->m, b->n, b->r);
}

/* Kachitvichyanukul and Schmeiser (1988), algorithm BTPE, for p <= 1/2 and n p >= 30. */
static uint64_t binomial_btpe(struct random_stream *r, uint64_t n, double p)
{
	struct btpe b;
	btpe_prepare(&b, n, p);
	for (;;) {
		double y;
		double v;
		int found = btpe_candidate(&b, r, &y, &v);
		if (found < 0)
			continue;
		if (found > 0 || btpe_accept(&b, y, v))
			return (uint64_t)y;
	}
}

uint64_t random_binomial(struct random_stream *r, uint64_t n, double p)
{
	assert(p >= 0 && p <= 1 && n <= (uint64_t)1 << 53);
	if (n == 0 || p <= 0)
		return 0;
	if (p >= 1)
		return n;
	if (p > 0.5)
		return n - random_binomial(r, n, 1 - p);
	return (double)n * p < 30 ? binomial_inversion(r, n, p) : binomial_btpe(r, n, p);
}

/* Each cell is binomial given the cells before it. */
void random_multinomial(
	struct random_stream *r, uint64_t n, const double *weights, size_t k, uint64_t *ret_counts)
{
	double left = 0;
	size_t last = k;
	for (size_t i = 0; i < k; i++) {
		assert(weights[i] >= 0);
		left += weights[i];
		ret_counts[i] = 0;
		if (weights[i] > 0)
			last = i;
	}
	assert(last < k);
	for (size_t i = 0; i < last && n > 0; i++) {
		if (weights[i] <= 0)
			continue;
		/* rounding may leave a little less than the weights still to come */
		double p = left > weights[i] ? weights[i] / left : 1;
		ret_counts[i] = random_binomial(r, n, p);
		n -= ret_counts[i];
		left -= weights[i];
	}
	ret_counts[last] += n;
}

void random_permutation(struct random_stream *r, size_t n, uint32_t *ret)
{
	assert(n <= UINT32_MAX);
	for (size_t i = 0; i < n; i++) {
		/* the inside-out form: no second pass */
		size_t j = (size_t)random_below(r, i + 1);
		ret[i] = ret[j];
		ret[j] = (uint32_t)i;
	}
}
