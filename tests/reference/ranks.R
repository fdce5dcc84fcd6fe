# Called by ranks.py: cases by line in, numbers by line out. args: file, probabilities
args <- commandArgs(trailingOnly = TRUE)
probs <- as.numeric(strsplit(args[2], ",")[[1]])
numbers <- function(s) as.numeric(strsplit(s, ",")[[1]])
cat(R.version.string, "\n", sep = "")
for (line in readLines(args[1])) {
  f <- strsplit(line, " ")[[1]]
  x <- numbers(f[5]); y <- numbers(f[6])
  # As wilcox.test chooses by itself up to R 4.5. Roots to a relative tolerance: the default of 1e-4 is absolute.
  exact <- f[3] == "1" && length(x) < 50 && length(y) < 50 && !anyDuplicated(c(x, y))
  test <- suppressWarnings(wilcox.test(
    x, y, alternative = f[1], conf.int = TRUE, conf.level = as.numeric(f[2]), correct = f[4] == "1",
    exact = exact, tol.root = 1e-13 * diff(range(c(x, y)))))
  # R's own estimate without exactness is a root of W, not the median that it stands for.
  shift <- median(outer(x, y, "-"))
  cat(sprintf("%.17g", c(test$statistic, test$p.value, shift, test$conf.int, grepl("exact", test$method),
                         quantile(x, probs, type = 7))), "\n")
}
