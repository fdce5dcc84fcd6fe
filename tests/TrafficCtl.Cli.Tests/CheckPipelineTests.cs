using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests;

public sealed class CheckPipelineTests
{
    [Fact]
    public async Task Check_prints_the_environments_of_a_pipeline_in_their_order()
    {
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "shop.yaml");
        await File.WriteAllTextAsync(file, """
            service: shop
            versions: { v1: [http://127.0.0.1:5001] }
            environments:
              prod:
                targets: { listen: { eu: http://127.0.0.1:8080, us: http://127.0.0.1:8090 } }
                after: [test]
                needs: [{ soak: { in: test, for: 1h } }, { approve: { by: leads, expires: 1d } }]
                mode: propose
              test: { listen: http://127.0.0.1:8081, after: [], verify: [{ http: "{entrance}/e2e" }] }
            """);
        var check = await Run.OfAsync("check", file);
        Assert.Equal((0, ""), (check.ExitCode, check.Error));
        Assert.Equal(
            "good: shop\nshop: test, prod\n"
            + "  test  http://127.0.0.1:8081; takes every new version; all-at-once, watch 10s; verify-e2e\n"
            + "  prod  http://127.0.0.1:8080, http://127.0.0.1:8090; after test; needs soak-test, approve-leads; propose; "
            + "5 → 10 → 25 → 50 → 95 → 100 %, watch 1h\n",
            check.Out);
    }
}
