// Benches set libtorch's number of threads, which is process-wide: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
