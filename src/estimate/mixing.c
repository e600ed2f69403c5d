#include "estimate/mixing.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fft_halfcomplex.h>
#include <gsl/gsl_fft_real.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Rows of equal length, each half a chain. An odd draw in the middle is left out. */
struct halves {
	size_t n_rows, n;
	double *x;
};

static void halves_done(struct halves *h)
{
	h->x = mem_free(h->x);
}

static int halves_init(struct halves *h, const double *draws, size_t n_chains, size_t n, struct cf_error *err)
{
	h->n_rows = 2 * n_chains;
	h->n = n / 2;
	h->x = NEW_ARRAY(double, h->n_rows * h->n);
	if (!h->x)
		return error_memory(err);
	for (size_t c = 0; c < n_chains; c++) {
		memcpy(h->x + 2 * c * h->n, draws + c * n, h->n * sizeof *h->x);
		memcpy(h->x + (2 * c + 1) * h->n, draws + c * n + (n - h->n), h->n * sizeof *h->x);
	}
	return CF_OK;
}

struct placed {
	double x;
	size_t at;
};

static int by_value(const void *a, const void *b)
{
	const struct placed *x = a;
	const struct placed *y = b;
	return (x->x > y->x) - (x->x < y->x);
}

/* Values become the normal quantiles of their ranks (Blom 1958); equal ones share the mean rank. */
static int rank_normalise(struct halves *h, struct cf_error *err)
{
	const size_t n = h->n_rows * h->n;
	CF_CLEANUP_FREE struct placed *order = NEW_ARRAY(struct placed, n);
	if (!order)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		order[i] = (struct placed){h->x[i], i};
	qsort(order, n, sizeof *order, by_value);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && order[end].x <= order[i].x;)
			end++;
		double rank = ((double)i + 1 + (double)end) / 2;
		double z = gsl_cdf_ugaussian_Pinv((rank - 0.375) / ((double)n + 0.25));
		for (size_t k = i; k < end; k++)
			h->x[order[k].at] = z;
	}
	return CF_OK;
}

static double row_mean(const struct halves *h, size_t row)
{
	double sum = 0;
	for (size_t i = 0; i < h->n; i++)
		sum += h->x[row * h->n + i];
	return sum / (double)h->n;
}

struct moments {
	double within; /* mean of the rows' variances */
	double pooled; /* of the variance: an estimate that is too large when rows disagree */
};

static struct moments find_moments(const struct halves *h)
{
	const double n = (double)h->n;
	const double m = (double)h->n_rows;
	struct moments f = {0};
	double mean = 0;
	double between = 0;
	for (size_t row = 0; row < h->n_rows; row++) {
		const double *x = h->x + row * h->n;
		double here = row_mean(h, row);
		for (size_t i = 0; i < h->n; i++)
			f.within += (x[i] - here) * (x[i] - here) / (n - 1) / m;
		/* Welford (1962) */
		double step = here - mean;
		mean += step / (double)(row + 1);
		between += step * (here - mean);
	}
	f.pooled = (n - 1) / n * f.within + between / (m - 1);
	return f;
}

static double split_r_hat(const struct halves *h)
{
	struct moments f = find_moments(h);
	return f.within > 0 ? sqrt(f.pooled / f.within) : NAN;
}

/* Autocovariances at lags 0 to n - 1, their mean over the rows, by the power spectrum of the row padded to
 * twice its length and more. */
static int autocovariances(const struct halves *h, double *ret, struct cf_error *err)
{
	size_t size = 1;
	while (size < 2 * h->n)
		size *= 2;
	CF_CLEANUP_FREE double *work = NEW_ARRAY(double, size);
	if (!work)
		return error_memory(err);
	memset(ret, 0, h->n * sizeof *ret);
	for (size_t row = 0; row < h->n_rows; row++) {
		double mean = row_mean(h, row);
		for (size_t i = 0; i < size; i++)
			work[i] = i < h->n ? h->x[row * h->n + i] - mean : 0;
		if (gsl_fft_real_radix2_transform(work, 1, size))
			return error_set(err, CF_E_INTERNAL, "a Fourier transform failed");
		work[0] *= work[0];
		work[size / 2] *= work[size / 2];
		for (size_t i = 1; i < size / 2; i++) {
			work[i] = work[i] * work[i] + work[size - i] * work[size - i];
			work[size - i] = 0;
		}
		if (gsl_fft_halfcomplex_radix2_inverse(work, 1, size))
			return error_set(err, CF_E_INTERNAL, "a Fourier transform failed");
		for (size_t i = 0; i < h->n; i++)
			ret[i] += work[i] / (double)h->n / (double)h->n_rows;
	}
	return CF_OK;
}

/* 2 (sum of autocorrelations) - 1, in pairs of lags as long as they are positive and made to fall (Geyer
 * 1992); the even lag of the first pair left out still counts once when it is positive. */
static double correlation_time(const double *covariances, size_t n, const struct moments *f)
{
	double sum = 0;
	double least = INFINITY;
	for (size_t lag = 0; lag + 1 < n; lag += 2) {
		double even = lag == 0 ? 1 : 1 - (f->within - covariances[lag]) / f->pooled;
		double odd = 1 - (f->within - covariances[lag + 1]) / f->pooled;
		if (!(even + odd > 0))
			return 2 * sum - 1 + (even > 0 ? even : 0);
		least = fmin(least, even + odd);
		sum += least;
	}
	return 2 * sum - 1;
}

static int effective_size(const struct halves *h, double *ret, struct cf_error *err)
{
	const double all = (double)(h->n_rows * h->n);
	struct moments f = find_moments(h);
	*ret = 0;
	if (!(f.pooled > 0))
		return CF_OK;
	CF_CLEANUP_FREE double *covariances = NEW_ARRAY(double, h->n);
	if (!covariances)
		return error_memory(err);
	TRY(autocovariances(h, covariances, err));
	/* chains that overshoot are not believed beyond this */
	*ret = all / fmax(correlation_time(covariances, h->n, &f), 1 / log10(all));
	return CF_OK;
}

static int compare_numbers(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;
	return (x > y) - (x < y);
}

static double *sorted_copy(const double *x, size_t n)
{
	double *sorted = NEW_ARRAY(double, n);
	if (!sorted)
		return NULL;
	memcpy(sorted, x, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, compare_numbers);
	return sorted;
}

static double quantile_of(const double *sorted, size_t n, double share)
{
	double at = fmin(fmax(share, 0), 1) * (double)(n - 1);
	size_t low = (size_t)at;
	size_t high = low + 1 < n ? low + 1 : low;
	return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

/* The effective size of "is at most cut"; where that holds of all draws, which largest tells, "is less". */
static int effective_size_at(
	const struct halves *h, double cut, double largest, double *ret, struct cf_error *err)
{
	const bool all_at_most = cut >= largest;
	const size_t n = h->n_rows * h->n;
	CF_CLEANUP(halves_done) struct halves below = {h->n_rows, h->n, NEW_ARRAY(double, n)};
	if (!below.x)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		below.x[i] = all_at_most ? h->x[i] < cut : h->x[i] <= cut;
	return effective_size(&below, ret, err);
}

static int tail_size(const struct halves *h, const double *sorted, double *ret, struct cf_error *err)
{
	const size_t n = h->n_rows * h->n;
	double low = 0;
	double high = 0;
	TRY(effective_size_at(h, quantile_of(sorted, n, 0.05), sorted[n - 1], &low, err));
	TRY(effective_size_at(h, quantile_of(sorted, n, 0.95), sorted[n - 1], &high, err));
	*ret = fmin(low, high);
	return CF_OK;
}

/* Takes h's numbers to pieces: first the tails, then the ranks, then the distances from the median. */
static int measure(struct halves *h, struct mixing *ret, struct cf_error *err)
{
	const size_t n = h->n_rows * h->n;
	CF_CLEANUP_FREE double *sorted = sorted_copy(h->x, n);
	CF_CLEANUP(halves_done) struct halves folded = {h->n_rows, h->n, NEW_ARRAY(double, n)};
	if (!sorted || !folded.x)
		return error_memory(err);
	if (!(sorted[n - 1] > sorted[0]))
		return CF_OK;
	double median = quantile_of(sorted, n, 0.5);
	for (size_t i = 0; i < n; i++)
		folded.x[i] = fabs(h->x[i] - median);
	TRY(tail_size(h, sorted, &ret->ess_tail, err));
	TRY(rank_normalise(h, err));
	TRY(effective_size(h, &ret->ess_bulk, err));
	TRY(rank_normalise(&folded, err));
	/* fmax passes over a NAN, which folded draws of two values may give */
	ret->r_hat = fmax(split_r_hat(h), split_r_hat(&folded));
	return CF_OK;
}

int mixing_of(const double *draws, size_t n_chains, size_t n, struct mixing *ret, struct cf_error *err)
{
	struct mixing found = {.r_hat = NAN};
	if (n > MIXING_MAX_DRAWS)
		return error_set(err, CF_E_LIMIT, "chains of more than %d draws", MIXING_MAX_DRAWS);
	if (n >= MIXING_LEAST_DRAWS && n_chains > 0) {
		CF_CLEANUP(halves_done) struct halves h = {0};
		TRY(halves_init(&h, draws, n_chains, n, err));
		TRY(measure(&h, &found, err));
	}
	*ret = found;
	return CF_OK;
}

int mixing_quantile(const double *draws, size_t n_chains, size_t n, double share, struct mixing_quantile *ret,
	struct cf_error *err)
{
	const size_t all = n_chains * n;
	struct mixing_quantile found = {NAN, NAN};
	double size = 0;
	if (n > MIXING_MAX_DRAWS)
		return error_set(err, CF_E_LIMIT, "chains of more than %d draws", MIXING_MAX_DRAWS);
	if (all > 0) {
		CF_CLEANUP_FREE double *sorted = sorted_copy(draws, all);
		if (!sorted)
			return error_memory(err);
		found.value = quantile_of(sorted, all, share);
		if (n >= MIXING_LEAST_DRAWS) {
			CF_CLEANUP(halves_done) struct halves h = {0};
			TRY(halves_init(&h, draws, n_chains, n, err));
			TRY(effective_size_at(&h, found.value, sorted[all - 1], &size, err));
		}
		if (size > 0) {
			double step = sqrt(share * (1 - share) / size);
			double low = share - step;
			double high = share + step;
			found.error = (quantile_of(sorted, all, high) - quantile_of(sorted, all, low)) / 2;
		}
	}
	*ret = found;
	return CF_OK;
}
