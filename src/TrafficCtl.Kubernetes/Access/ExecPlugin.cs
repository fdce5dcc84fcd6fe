using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Access;

/// <summary>Credentials that a program hands out: kept until they run out or are refused, then it is run again.</summary>
internal sealed class ExecPlugin(ExecCommand command, TimeProvider clock) : IKubeCredentials
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private Task<Issued>? running;

    public static ExecPlugin Read(ConfigEntry exec, ConfigEntry cluster, TimeProvider clock) => new(ExecCommand.Read(exec, cluster), clock);

    public async ValueTask<KubeCredential> GetAsync(CancellationToken stop)
    {
        while (true)
        {
            Task<Issued> run;
            lock (gate) run = running is { IsFaulted: false, IsCanceled: false }
                ? running
                : running = Task.Run(RunAsync, CancellationToken.None);
            var issued = await run.WaitAsync(stop); // It goes on when this call is over, for the next.
            if (issued.Expires is not { } end || end > clock.GetUtcNow()) return issued.Credential;
            Forget(run);
            if (issued.At >= end) throw Failed("what it issued had already run out: check the clock of this machine");
        }
    }

    public void Refuse(KubeCredential credential)
    {
        lock (gate)
        {
            if (running is { IsCompletedSuccessfully: true } done && done.Result.Credential == credential) running = null;
        }
    }

    private void Forget(Task<Issued> run)
    {
        lock (gate)
        {
            if (running == run) running = null;
        }
    }

    private async Task<Issued> RunAsync()
    {
        var at = clock.GetUtcNow();
        using var time = new CancellationTokenSource(Patience, clock);
        var start = new ProcessStartInfo(command.Program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in command.Arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in command.Environment) start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = command.Info;
        using var process = Start(start);
        process.StandardInput.Close();
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(time.Token), process.StandardError.ReadToEndAsync(time.Token));
            await process.WaitForExitAsync(time.Token);
            if (process.ExitCode != 0) throw Failed($"it ended with {process.ExitCode}: {Short(await errors)}");
            return Read(await output, at);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw Failed($"it did not end within {DurationText.Of(Patience)}", e);
        }
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            throw Failed($"it cannot be started: {e.Message.TrimEnd('.')}{(command.InstallHint is { } hint ? ". " + hint : "")}", e);
        }
    }

    private Issued Read(string output, DateTimeOffset at)
    {
        JsonNode? status;
        string? version, token, certificate, key, expires;
        try
        {
            var said = JsonNode.Parse(output) as JsonObject;
            version = said?["apiVersion"]?.GetValue<string>();
            status = said?["status"];
            (token, certificate) = (Text(status, "token"), Text(status, "clientCertificateData"));
            (key, expires) = (Text(status, "clientKeyData"), Text(status, "expirationTimestamp"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Failed("what it said is no ExecCredential", e);
        }

        if (version != command.ApiVersion)
            throw Failed($"it answered in apiVersion {version}, and the kubeconfig says {command.ApiVersion}");
        if (token is null && certificate is null) throw Failed("it issued neither a token nor a certificate");
        if (certificate is null != key is null) throw Failed("it issued a certificate without its key, or a key without its certificate");
        DateTimeOffset? end = null;
        if (expires is not null)
        {
            if (!DateTimeOffset.TryParse(expires, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
                throw Failed($"its expirationTimestamp '{expires}' is no time");
            end = parsed;
        }

        try
        {
            var pair = certificate is null ? default : ClientCertificate.Read(certificate, key!);
            return new Issued(new KubeCredential(
                token is null ? null : new AuthenticationHeaderValue("Bearer", token), pair.Certificate, pair.Chain), end, at);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw Failed("what it issued is no token, or no pair of a certificate and its key", e);
        }
    }

    private KubeException Failed(string why, Exception? inner = null) =>
        new(
            $"{command.Where}: {command.Program}: {why}. Nothing was asked of the cluster.", null, KubeException.NoCredentials,
            inner: inner);

    private static string Short(string text)
    {
        var line = text.Trim().ReplaceLineEndings(" ");
        return line.Length > 300 ? line[..300] + "…" : line;
    }

    private static string? Text(JsonNode? of, string key) => of?[key]?.GetValue<string>() is { Length: > 0 } text ? text : null;

    private sealed record Issued(KubeCredential Credential, DateTimeOffset? Expires, DateTimeOffset At);
}

/// <summary>What is run for credentials.</summary>
/// <param name="Where">File and entry.</param>
/// <param name="Info">KUBERNETES_EXEC_INFO.</param>
internal sealed record ExecCommand(
    string Where, string ApiVersion, string Program, ImmutableArray<string> Arguments,
    ImmutableArray<(string Name, string Value)> Environment,
    string? InstallHint, string Info)
{
    private const string V1 = "client.authentication.k8s.io/v1", V1Beta1 = "client.authentication.k8s.io/v1beta1";

    public static ExecCommand Read(ConfigEntry exec, ConfigEntry cluster)
    {
        var version = exec.Text("apiVersion");
        if (version is not (V1 or V1Beta1)) throw exec.Wrong("apiVersion", $"must be {V1} or {V1Beta1}, not '{version}'");
        var program = exec.Text("command") ?? throw exec.Wrong("command", "is missing");
        switch (exec.Text("interactiveMode"))
        {
            case "Never" or "IfAvailable": break;
            case null when version == V1Beta1: break;
            case "Always":
                throw exec.Wrong(
                "interactiveMode", "Always needs a person at a terminal, and there is none: use a plugin that runs without one");
            case var mode: throw exec.Wrong("interactiveMode", $"must be Never, IfAvailable or Always, not '{mode}'");
        }

        if (program.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)) program = exec.FilePath("command")!;
        var environment = exec.Entries("env").Select(e => (e.Text("name") ?? throw e.Wrong("name", "is missing"), e.Text("value") ?? ""));
        var spec = new JsonObject { ["interactive"] = false };
        if (exec.Flag("provideClusterInfo")) spec["cluster"] = Cluster(cluster);
        var info = new JsonObject { ["kind"] = "ExecCredential", ["apiVersion"] = version, ["spec"] = spec };
        return new ExecCommand(
            exec.Wrong("command", "").Message.TrimEnd(' ', ':'), version, program, [.. exec.Texts("args")], [.. environment],
            exec.Text("installHint"), info.ToJsonString());
    }

    private static JsonObject Cluster(ConfigEntry cluster)
    {
        var told = new JsonObject { ["server"] = cluster.Text("server") };
        if (cluster.Text("tls-server-name") is { } name) told["tls-server-name"] = name;
        if (cluster.Flag("insecure-skip-tls-verify")) told["insecure-skip-tls-verify"] = true;
        if (cluster.Content("certificate-authority") is { } pem)
            told["certificate-authority-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));
        if (cluster.Text("proxy-url") is { } proxy) told["proxy-url"] = proxy;
        if (cluster.Flag("disable-compression")) told["disable-compression"] = true;
        var own = cluster.Entries("extensions").FirstOrDefault(e => e.Text("name") == "client.authentication.k8s.io/exec");
        if (own?.Json("extension") is { } config) told["config"] = config;
        return told;
    }
}
