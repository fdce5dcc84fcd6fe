using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Access;

/// <summary>Real programs of the shell hand out the credentials.</summary>
public sealed class ExecPluginTests : IDisposable
{
    private readonly Folder folder = new();
    private readonly ManualClock clock = new(DateTimeOffset.Parse("2026-01-01T00:00:00Z"));

    [Fact]
    public async Task Is_run_once_and_again_when_what_it_issued_ran_out_or_was_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the plugin of this test is a shell script");
        folder.Script("bin/plugin", """
            n=$(cat "$COUNT" 2>/dev/null || echo 0); n=$((n+1)); echo $n > "$COUNT"
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$1$n'","expirationTimestamp":"2026-01-01T0'$n':00:00Z"}}'
            """);
        var credentials =
            Plugin("command: bin/plugin, args: [t], env: [{name: COUNT, value: COUNTFILE}]".Replace("COUNTFILE", folder.File("count")));

        var first = await credentials.GetAsync(default);
        Assert.Equal("t1", first.Header!.Parameter);
        Assert.Equal("t1", (await credentials.GetAsync(default)).Header!.Parameter);
        clock.Advance(TimeSpan.FromHours(1));
        var second = await credentials.GetAsync(default);
        Assert.Equal("t2", second.Header!.Parameter);
        credentials.Refuse(first);
        Assert.Equal("t2", (await credentials.GetAsync(default)).Header!.Parameter);
        credentials.Refuse(second);
        Assert.Equal("t3", (await credentials.GetAsync(default)).Header!.Parameter);
    }

    [Fact]
    public async Task Is_told_of_the_cluster_and_may_issue_a_certificate()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the plugin of this test is a shell script");
        using var pki = new Pki();
        var (certificate, key) = pki.Client("jane", isElliptic: true);
        folder.Write("answer", new JsonObject
        {
            ["apiVersion"] = "client.authentication.k8s.io/v1",
            ["status"] = new JsonObject { ["clientCertificateData"] = certificate, ["clientKeyData"] = key },
        }.ToJsonString());
        folder.Script("plugin", $"printf %s \"$KUBERNETES_EXEC_INFO\" > {folder.File("info")}; cat {folder.File("answer")}");

        var credential = await Plugin("command: ./plugin, provideClusterInfo: true").GetAsync(default);

        Assert.Equal("CN=jane", credential.Certificate!.Subject);
        var info = JsonNode.Parse(File.ReadAllText(folder.File("info")))!;
        Assert.Equal("client.authentication.k8s.io/v1", info["apiVersion"]!.GetValue<string>());
        Assert.Equal(
            """{"interactive":false,"cluster":{"server":"https://c1","config":{"audience":"a","n":1}}}""", info["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("echo no access >&2; exit 3", "it ended with 3: no access")]
    [InlineData("echo hello", "what it said is no ExecCredential")]
    [InlineData(
        "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":{\"token\":\"t\"}}'",
        "it answered in apiVersion client.authentication.k8s.io/v1beta1")]
    [InlineData("echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{}}'", "it issued neither a token nor a certificate")]
    [InlineData(
        "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"2025-12-31T00:00:00Z\"}}'",
        "it issued had already run out")]
    public async Task Says_what_is_wrong_with_it(string script, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the plugin of this test is a shell script");
        folder.Script("plugin", script);

        var failed = await Assert.ThrowsAsync<KubeException>(async () => await Plugin("command: ./plugin").GetAsync(default));

        Assert.Contains(expected, failed.Message);
        Assert.StartsWith(
            $"{folder.File("config")}: users['jane'].user.exec.command: {folder.File("plugin")}: ", failed.Message,
            StringComparison.Ordinal);
        Assert.False(failed.IsInDoubt);
    }

    [Fact]
    public async Task Says_how_to_get_it_when_it_is_not_there()
    {
        var failed = await Assert.ThrowsAsync<KubeException>(
            async () => await Plugin("command: no-such-plugin-of-trafficctl, installHint: Ask the platform team.").GetAsync(default));

        Assert.Contains("it cannot be started", failed.Message);
        Assert.Contains("Ask the platform team.", failed.Message);
    }

    public void Dispose() => folder.Dispose();

    private IKubeCredentials Plugin(string exec) => KubeConfig.Find(
        folder.Write("config", """
            current-context: c
            contexts: [{name: c, context: {cluster: c1, user: jane}}]
            clusters:
            - name: c1
              cluster:
                server: https://c1
                extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: a, n: 1}}]
            users:
            - name: jane
              user:
                exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, EXEC }
            """.Replace("EXEC", exec)),
        null, clock, folder.Around).Credentials;
}
