# Multiple systems estimation from R, over libcounterfoil by .C: no package to build.
#
#   source("counterfoil.R")
#   counterfoil_load("libcounterfoil.so")        # or the path where it was installed
#   table <- read.csv("Western.csv")              # one 0/1 column a list, last column count
#   counterfoil_estimate(table, method = "stepwise", bootstrap = 1000)

counterfoil_methods <- c(main = 0L, stepwise = 1L, bic = 2L, chapman = 3L, aicc = 5L, downhill = 6L, average = 7L,
                         graphs = 8L, coverage = 9L, chao = 10L, zelterman = 11L,
                         classes = 12L)

counterfoil_load <- function(path) invisible(dyn.load(path))

# A list of estimate, lower, upper, profile_lower, profile_upper, deviance (NaN where there is none), status and verdict.
counterfoil_estimate <- function(table, method = "stepwise", p = 0.02, order = 2, bootstrap = 0, seed = 1,
                                 level = 0.95) {
  lists <- setdiff(names(table)[names(table) != "count"], grep("^stratum_", names(table), value = TRUE))
  k <- length(lists)
  pattern <- as.matrix(table[lists]) %*% 2^(seq_len(k) - 1)
  counts <- numeric(2^k)
  for (i in seq_len(nrow(table))) counts[pattern[i] + 1] <- counts[pattern[i] + 1] + table$count[i]
  answer <- .C("cf_estimate_flat", as.integer(k), as.double(counts), counterfoil_methods[[method]], as.double(p),
               as.integer(order), as.integer(bootstrap), as.integer(seed), as.double(level),
               result = double(6), status = integer(1), verdict = integer(1), code = integer(1))
  if (answer$code < 0 && answer$code != -7L) stop("counterfoil: error ", answer$code)
  names(answer$result) <- c("estimate", "lower", "upper", "profile_lower", "profile_upper", "deviance")
  c(as.list(answer$result),
    status = c("identified", "no_finite_estimate", "not_identifiable")[answer$status + 1],
    verdict = c("publishable", "fragile", "not_estimable")[answer$verdict + 1])
}
