// libtorch uses all cores by itself and the count of its tensors is process-wide: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
