#include "link/clk/kernel.h"

#include "link/clk/kernel_parts.h"

static size_t portable(const struct clk_group *left, const struct clk_tiles *right, size_t begin, size_t end,
	struct clk_hits *hits)
{
	return clk_kernel_plain(left, right, begin, end, hits);
}

#if defined(__x86_64__)
clk_kernel clk_kernel_get(enum clk_kernel_kind kind)
{
	__builtin_cpu_init();
	switch (kind) {
	case CLK_KERNEL_PORTABLE:
		return portable;
	case CLK_KERNEL_POPCNT:
		return __builtin_cpu_supports("popcnt") ? clk_kernel_popcnt : NULL;
	case CLK_KERNEL_AVX2:
		return __builtin_cpu_supports("avx2") ? clk_kernel_avx2 : NULL;
	case CLK_KERNEL_AVX512:
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq") &&
				       __builtin_cpu_supports("avx512dq") &&
				       __builtin_cpu_supports("avx512vl")
			       ? clk_kernel_avx512
			       : NULL;
	default:
		return NULL;
	}
}
#else
clk_kernel clk_kernel_get(enum clk_kernel_kind kind)
{
	return kind == CLK_KERNEL_PORTABLE ? portable : NULL;
}
#endif

enum clk_kernel_kind clk_kernel_best_kind(void)
{
	static const enum clk_kernel_kind order[] = {CLK_KERNEL_AVX512, CLK_KERNEL_AVX2, CLK_KERNEL_POPCNT};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (clk_kernel_get(order[i]))
			return order[i];
	return CLK_KERNEL_PORTABLE;
}

clk_kernel clk_kernel_best(void)
{
	return clk_kernel_get(clk_kernel_best_kind());
}

const char *clk_kernel_name(enum clk_kernel_kind kind)
{
	static const char *const names[CLK_N_KERNELS] = {"portable", "popcnt", "AVX2", "AVX-512"};
	return kind < CLK_N_KERNELS ? names[kind] : "unknown";
}
