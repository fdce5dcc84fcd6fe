using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Adapters.Tests.Kubernetes.Access;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Kubernetes.Real;

/// <summary>etcd and kube-apiserver out of the folder that <c>KUBEBUILDER_ASSETS</c> names, as envtest starts them.</summary>
public sealed class RealKube : IAsyncLifetime
{
    private const string Token = "the-token-of-the-tests";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Folder folder = new();
    private readonly Pki pki = new();
    private readonly List<Process> running = [];

    /// <summary>Null when there is none.</summary>
    public KubeAccess? Access { get; private set; }

    public string WhyNot { get; private set; } = "";

    /// <summary>Of its version 1.x.</summary>
    public int Minor { get; private set; }

    public async ValueTask InitializeAsync()
    {
        var assets = Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS");
        if (string.IsNullOrEmpty(assets))
        {
            WhyNot = "KUBEBUILDER_ASSETS is not set: no kube-apiserver and etcd to test against";
            return;
        }

        foreach (var program in new[] { "etcd", "kube-apiserver" })
        {
            if (!File.Exists(Path.Combine(assets, program))) WhyNot = $"KUBEBUILDER_ASSETS has no {program} in {assets}";
        }

        if (WhyNot.Length == 0) await StartAsync(assets);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(running))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        pki.Dispose();
        folder.Dispose();
    }

    private async Task StartAsync(string assets)
    {
        Minor = await MinorAsync(Path.Combine(assets, "kube-apiserver"));
        var (etcd, peers, port) = (FreePort.Take(), FreePort.Take(), FreePort.Take());
        Run(Path.Combine(assets, "etcd"), $"--data-dir={folder.At("etcd")}", $"--listen-client-urls=http://127.0.0.1:{etcd}", $"--advertise-client-urls=http://127.0.0.1:{etcd}",
            $"--listen-peer-urls=http://127.0.0.1:{peers}", "--unsafe-no-fsync");
        using var server = pki.Server();
        using var key = server.GetRSAPrivateKey()!;
        using var accounts = RSA.Create(2048);
        var signing = folder.Write("accounts.key", accounts.ExportRSAPrivateKeyPem());
        Run(Path.Combine(assets, "kube-apiserver"),
            $"--etcd-servers=http://127.0.0.1:{etcd}", "--bind-address=127.0.0.1", $"--secure-port={port}", $"--cert-dir={folder.At("certs")}",
            $"--tls-cert-file={folder.Write("server.pem", server.ExportCertificatePem())}", $"--tls-private-key-file={folder.Write("server.key", key.ExportRSAPrivateKeyPem())}",
            $"--token-auth-file={folder.Write("tokens.csv", $"{Token},admin,admin,\"system:masters\"\n")}", "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc", $"--service-account-key-file={signing}", $"--service-account-signing-key-file={signing}",
            "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount");
        Access = new KubeAccess
        {
            Server = new Uri($"https://127.0.0.1:{port}"),
            From = "envtest",
            Credentials = new FixedCredentials(new KubeCredential(new AuthenticationHeaderValue("Bearer", Token))),
            Authorities = new FixedAuthorities([pki.Root]),
        };
        await ReadyAsync();
    }

    /// <summary>It says <c>Kubernetes v1.29.1</c>.</summary>
    private static async Task<int> MinorAsync(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(program, "--version") { UseShellExecute = false, RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return int.Parse(said.Split('.')[1], CultureInfo.InvariantCulture);
    }

    private void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        running.Add(process);
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += (_, line) => last = line.Data ?? last;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private volatile string last = "";

    private async Task ReadyAsync()
    {
        using var client = new KubeClient(Access!, TimeProvider.System, KubeClientOptions.Default with { KindsMissing = TimeSpan.Zero });
        for (var since = Stopwatch.GetTimestamp(); ; await Task.Delay(100))
        {
            if (running.Find(p => p.HasExited) is { } ended) throw new InvalidOperationException($"{ended.StartInfo.FileName} ended with {ended.ExitCode}: {last}");
            try
            {
                if (await client.FindAsync("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", ["v1"], default) is not null) return;
            }
            catch (KubeException e) when (Stopwatch.GetElapsedTime(since) < Patience)
            {
                last = e.Message;
            }

            if (Stopwatch.GetElapsedTime(since) > Patience) throw new TimeoutException($"kube-apiserver is not ready after {Patience.TotalSeconds} s: {last}");
        }
    }
}
