using Xunit;

namespace TrafficCtl.Cli.Tests;

/// <summary>A password that stands in an address is refused and never said again: not on stderr, not in the help.</summary>
public sealed class SecretTests
{
    private const string Url = "http://user:s3cr3t@127.0.0.1:9";

    [Theory]
    [InlineData("status --admin URL")]
    [InlineData("status --admin=URL")]
    [InlineData("pause checkout --admin URL")]
    [InlineData("status --admin user:s3cr3t@127.0.0.1:9")]
    [InlineData("status --admin http://user:s3cr3t@[::")]
    [InlineData("status --admin https://user:s3cr3t@127.0.0.1")]
    [InlineData("status --admn URL")]
    [InlineData("status checkout URL")]
    [InlineData("URL")]
    [InlineData("run -f x.yaml --admin URL")]
    [InlineData("run -f x.yaml --keep-windows URL")]
    [InlineData("controller --prometheus URL")]
    [InlineData("controller --prometheus http://user:s3cr3t@[::")]
    [InlineData("controller --prometheus http://127.0.0.1:9 --alertmanager URL")]
    [InlineData("controller --prometheus http://127.0.0.1:9 --consul URL")]
    [InlineData("controller --prometheus http://127.0.0.1:9 --probes URL")]
    [InlineData("controller --prometheus http://127.0.0.1:9 --kubeconfig /nowhere --admin URL")]
    [InlineData("controller --prometheus http://127.0.0.1:9?token=s3cr3t:x@")]
    [InlineData("uninstall --restore --consul URL")]
    [InlineData("check URL")]
    [InlineData("judge URL")]
    [InlineData("run -f URL")]
    [InlineData("replay --data-dir URL")]
    public async Task Says_no_password(string line)
    {
        var run = await Run.OfAsync(null, line.Replace("URL", Url, StringComparison.Ordinal).Split(' '));
        Assert.NotEqual(0, run.ExitCode);
        Assert.DoesNotContain("s3cr3t", run.Out + run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("run -f x.yaml")]
    [InlineData("controller --prometheus http://127.0.0.1:9")]
    [InlineData("run --help")]
    [InlineData("controller --help")]
    public async Task Says_no_password_of_the_variable(string line)
    {
        var run = await Run.OfAsync(Url, line.Split(' '));
        Assert.DoesNotContain("s3cr3t", run.Out + run.Error, StringComparison.Ordinal);
        if (line.EndsWith("--help", StringComparison.Ordinal)) return;
        Assert.Contains("TRAFFICCTL_ADMIN: there is a user or a password in an address", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_what_to_do()
    {
        var run = await Run.OfAsync("status", "--admin", Url);
        const string Says = "trafficctl status: usage: the value of --admin has a user or a password in an address, "
            + "which lists of processes and logs would show: leave them out: see trafficctl status --help\n";
        Assert.Equal(new Run(2, "", Says), run);
    }

    [Fact]
    public async Task Says_no_password_of_a_delivery_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            foreach (var text in (string[])
            [
                "service: a\nlisten: http://127.0.0.1:8080\nversions:\n  v1: [\"http://user:s3cr3t@127.0.0.1:5001\"]\nstable: v1\n",
                "service: a\nlisten: http://127.0.0.1:8080\nversions:\n  v1: [\"http://user:s3 cr3t s3cr3t@127.0.0.1:5001\"]\nstable: v1\n",
                "service: a\nlisten: http://user:s3cr3t@127.0.0.1:8080\nversions:\n  v1: [http://127.0.0.1:5001]\nstable: v1\n",
                "service: a\nlisten: http://127.0.0.1:8080\nversions:\n  v1: \"http://user:s3cr3t@127.0.0.1:5001\"\nstable: v1\n",
                "service: http://user:s3cr3t@127.0.0.1:5001\nlisten: http://127.0.0.1:80\nversions:\n  v1: [http://127.0.0.1:5001]\n",
            ])
            {
                await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
                foreach (var command in (string[])["check", "explain", "run -f"])
                {
                    var run = await Run.OfAsync([.. command.Split(' '), file]);
                    Assert.Equal(1, run.ExitCode);
                    Assert.Contains($"{file}:", run.Error, StringComparison.Ordinal);
                    Assert.DoesNotContain("cr3t", run.Out + run.Error, StringComparison.Ordinal);
                }

                Assert.DoesNotContain("cr3t", (await Run.OfAsync("check", file, "-o", "json")).Out, StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }
}
