using System.Collections.Immutable;
using System.Runtime.Versioning;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Reading;

/// <summary>Programs and addresses that a delivery file names, and which file may name them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class VerifyReadingTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    [Fact]
    public void A_file_of_ones_own_may_name_a_program_and_an_address_on_this_machine()
    {
        Assert.Equal(
            new VerifyGate(new Verification.Run("./smoke.sh", ["--fast", "a b"], directory.Path), TimeSpan.FromMinutes(1)),
            Assert.Single(Good("needs: [{ verify: { run: ./smoke.sh, args: [--fast, a b], timeout: 1m } }]")));
        Assert.Equal(
            new VerifyGate(new Verification.Fetch("http://127.0.0.1/e2e?b={version}", true), VerifyGate.DefaultTimeout),
            Assert.Single(Good("needs: [{ verify: { http: \"http://127.0.0.1/e2e?b={version}\" } }]")));
        Assert.Equal(
            new VerifyGate(new Verification.Fetch("{entrance}/e2e?round={round}", true), VerifyGate.DefaultTimeout),
            Assert.Single(Good("needs: [{ verify: { http: \"{entrance}/e2e?round={round}\" } }]")));
    }

    [Fact]
    public void A_file_that_others_may_write_names_no_program_unless_its_directory_is_allowed()
    {
        const string keys = "needs: [{ verify: { run: ./smoke.sh } }]";
        var file = Write(keys);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        var problem = Assert.Single(Assert.IsType<Parsed<Deliveries>.Problems>(Read(file)).All);
        Assert.Equal("needs[0].verify.run", problem.Path);
        Assert.Contains($"this file may not name a program: others may write {file}", problem.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-exec DIR", problem.Hint, StringComparison.Ordinal);
        Assert.IsType<Parsed<Deliveries>.Ok>(Read(file, Abilities.Embedded(programDirectories: [directory.Path])));
    }

    [Fact]
    public void An_address_of_such_a_file_may_be_asked_but_not_on_this_machine()
    {
        var file = Write("needs: [{ verify: { http: \"http://ci.example/\" } }]");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        var services = Assert.IsType<Parsed<Deliveries>.Ok>(Read(file)).Value.Services;
        Assert.Equal(
            new Verification.Fetch("http://ci.example/", false), Assert.IsType<VerifyGate>(Assert.Single(services[0].Spec.Needs)).Check);
    }

    [Theory]
    [InlineData("{ run: \"./smoke.sh | tee log\" }", "no shell reads it", "args")]
    [InlineData("{ run: \"./smoke.sh --fast\" }", "no shell reads it", "args")]
    [InlineData("{ run: \"$HOME/smoke.sh\" }", "no shell reads it", "args")]
    [InlineData("{ run: ./smoke.sh, http: \"http://ci.example/\" }", "only one of run, http is allowed", null)]
    [InlineData("{ timeout: 5s }", "needs one of run, http", null)]
    [InlineData("{ http: \"ci.example/e2e\" }", "is not an address", "http://")]
    [InlineData("{ http: \"file:///etc/passwd\" }", "is not an address", "http://")]
    [InlineData("{ http: \"http://ci.example/{verison}\" }", "{verison} is not known here", "did you mean \"version\"?")]
    [InlineData("{ http: \"http://ann:secret@ci.example/\" }", "has a user or a password", "leave them out")]
    [InlineData("{ http: \"http://ci.example/\", args: [a] }", "an address takes no arguments", "remove args")]
    public void What_cannot_be_asked_is_refused(string verify, string message, string? hint)
    {
        var problem = Assert.Single(
            Assert.IsType<Parsed<Deliveries>.Problems>(Read(Write($"needs: [{{ verify: {verify} }}]"))).All);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        if (hint is not null) Assert.Contains(hint, problem.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => directory.Dispose();

    private ImmutableArray<Gate> Good(string keys)
    {
        var read = Read(Write(keys));
        return read is Parsed<Deliveries>.Ok({ Services: var services })
            ? services[0].Spec.Needs
            : throw new InvalidOperationException(read.ToString());
    }

    private static Parsed<Deliveries> Read(string file, Abilities? abilities = null) =>
        DeliveryFiles.Read([file], null, abilities);

    private string Write(string keys)
    {
        var file = directory.Write("shop.yaml", $$"""
            service: shop
            listen: http://127.0.0.1:0
            versions: { v1: ["http://127.0.0.1:5001"] }
            stable: v1
            {{keys}}

            """);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }
}
