using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Environments;
using Xunit;

namespace TrafficCtl.Core.Tests.Promotion;

public sealed class EntryGateTests
{
    [Fact]
    public void A_gate_is_named_by_what_it_is_and_a_second_one_by_its_number()
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var window = new WindowGate([new TimeWindow(127, 0, 60, "UTC")]);
        Gate[] gates =
        [
            new SoakGate("staging", TimeSpan.FromHours(4), 0), QuietGate.Alerts, new ApproveGate("leads"), new ApproveGate("leads", 2),
            window, window, new FreezeGate([new FrozenDates(new(2026, 12, 24), new(2026, 12, 26), "UTC")]), window,
        ];
        Assert.Equal(
            ["soak-staging", "alerts", "approve-leads", "approve-leads-2", "window", "window-2", "freeze", "window-3"],
            EntryGate.Of(gates, taken).Select(static g => g.Id));
        Assert.Equal(["alerts-2"], EntryGate.Of([QuietGate.Alerts], taken).Select(static g => g.Id));
    }

    [Theory]
    [InlineData("./smoke.sh", "verify-smoke.sh")]
    [InlineData("/usr/bin/k6", "verify-k6")]
    [InlineData("a+b@c", "verify-a-b-c")]
    [InlineData("ünï", "verify-n")]
    public void A_program_names_its_verification(string program, string id) =>
        Assert.Equal(id, IdOf(new Verification.Run(program, [], "/")));

    [Theory]
    [InlineData("http://ci/e2e?b={bundle}", "verify-ci-e2e")]
    [InlineData("https://ci.example:8443/{service}/e2e/{version}/", "verify-ci.example-8443-e2e")]
    [InlineData("http://[::1]/", "verify-1")]
    [InlineData("https://{endpoint}", "verify")]
    [InlineData("{entrance}/e2e", "verify-e2e")]
    [InlineData(
        "https://a.very.long.host.example/with/a/very/long/path/that/nobody/wants/to/read",
        "verify-a.very.long.host.example-with-a-very-long-path-that-nobo")]
    public void An_address_names_its_verification(string address, string id) =>
        Assert.Equal(id, IdOf(new Verification.Fetch(address, MayAskLoopback: false)));

    private static string IdOf(Verification check) =>
        EntryGate.Of([new VerifyGate(check, VerifyGate.DefaultTimeout)], new HashSet<string>())[0].Id;
}
