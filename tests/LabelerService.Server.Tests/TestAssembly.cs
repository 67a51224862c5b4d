[assembly: TestFramework("LabelerService.TestKit.Postgres.PostgresTestFramework", "LabelerService.TestKit")]
