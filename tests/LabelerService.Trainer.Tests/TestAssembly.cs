[assembly: TestFramework("LabelerService.TestKit.Postgres.PostgresTestFramework", "LabelerService.TestKit")]

// Training takes the cores it gets; tests that share them would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
