using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;

namespace TrafficCtl.TestKit;

/// <summary>
/// etcd and kube-apiserver out of the folder that <c>KUBEBUILDER_ASSETS</c> names, as envtest starts them; kube-controller-manager too
/// where the folder has one: of it only what makes pods of Deployments and what collects garbage, for there is no kubelet and no node.
/// </summary>
public sealed class RealKube : IAsyncDisposable
{
    private const string Token = "the-token-of-the-tests", Controllers = "kube-controller-manager";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-kube-").FullName;
    private readonly Pki pki = new();
    private readonly List<Process> running = [];
    private readonly Lazy<Task> opening;
    private OldKube? front;
    private volatile string last = "";

    public RealKube() => opening = new Lazy<Task>(OpenOnceAsync);

    /// <summary>Null when there is none.</summary>
    public KubeAccess? Access { get; private set; }

    public string WhyNot { get; private set; } = "";

    /// <summary>The same with the kinds that a supported server has, as far as this one has anything like them.</summary>
    public KubeAccess? Supported { get; private set; }

    /// <summary>The minor number of its version 1.x.</summary>
    public int Minor { get; private set; }

    /// <summary>Deployments get pods, and what is owned by nothing that exists is deleted.</summary>
    public bool HasControllers { get; private set; }

    /// <summary>Starts it once; it is ready then, or there is none.</summary>
    public Task OpenAsync() => opening.Value;

    public async ValueTask DisposeAsync()
    {
        if (front is not null) await front.DisposeAsync();
        foreach (var process in Enumerable.Reverse(running))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        pki.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task OpenOnceAsync()
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

    private async Task StartAsync(string assets)
    {
        Minor = await MinorAsync(Path.Combine(assets, "kube-apiserver"));
        var (etcd, peers, port) = (FreePort.Take(), FreePort.Take(), FreePort.Take());
        Run(
            Path.Combine(assets, "etcd"), $"--data-dir={At("etcd")}", $"--listen-client-urls=http://127.0.0.1:{etcd}",
            $"--advertise-client-urls=http://127.0.0.1:{etcd}", $"--listen-peer-urls=http://127.0.0.1:{peers}", "--unsafe-no-fsync");
        using var server = pki.Server();
        using var key = server.GetRSAPrivateKey()!;
        using var accounts = RSA.Create(2048);
        var signing = Write("accounts.key", accounts.ExportRSAPrivateKeyPem());
        Run(
            Path.Combine(assets, "kube-apiserver"),
            $"--etcd-servers=http://127.0.0.1:{etcd}", "--bind-address=127.0.0.1", $"--secure-port={port}", $"--cert-dir={At("certs")}",
            $"--tls-cert-file={Write("server.pem", server.ExportCertificatePem())}",
            $"--tls-private-key-file={Write("server.key", key.ExportRSAPrivateKeyPem())}",
            $"--token-auth-file={Write("tokens.csv", $"{Token},admin,admin,\"system:masters\"\n")}", "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc", $"--service-account-key-file={signing}",
            $"--service-account-signing-key-file={signing}", "--service-cluster-ip-range=10.0.0.0/24",
            "--disable-admission-plugins=ServiceAccount");
        var address = new Uri($"https://127.0.0.1:{port}");
        Access = new KubeAccess
        {
            Server = address,
            From = "envtest",
            Credentials = new TokenOf(Token),
            Authorities = new Roots([pki.Root]),
        };
        await ReadyAsync();
        if (Minor < 21) front = await OldKube.StartAsync(address, Token, pki.Root);
        Supported = front is null ? Access : new KubeAccess { Server = front.Address, From = "envtest" };
        if (File.Exists(Path.Combine(assets, Controllers))) Control(Path.Combine(assets, Controllers), address);
    }

    private void Control(string program, Uri server)
    {
        var config = Write("config", $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{ name: c, context: { cluster: c, user: u } }]
            clusters: [{ name: c, cluster: { server: "{{server}}", certificate-authority: {{Write("root.pem", pki.RootPem)}} } }]
            users: [{ name: u, user: { token: {{Token}} } }]
            """);
        // Its second port, without TLS and open to all, was taken out of 1.24.
        string[] old = Minor < 24 ? ["--port=0"] : [];
        Run(program, [
            $"--kubeconfig={config}", "--controllers=deployment,replicaset,garbagecollector", "--leader-elect=false",
            "--bind-address=127.0.0.1",
            $"--secure-port={FreePort.Take()}", $"--cert-dir={At("controllers")}", .. old,
        ]);
        HasControllers = true;
    }

    /// <summary>It says <c>Kubernetes v1.29.1</c>.</summary>
    private static async Task<int> MinorAsync(string program)
    {
        using var process =
            Process.Start(new ProcessStartInfo(program, "--version") { UseShellExecute = false, RedirectStandardOutput = true })!;
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

    private async Task ReadyAsync()
    {
        using var client = new KubeClient(Access!, TimeProvider.System, KubeClientOptions.Default with { KindsMissing = TimeSpan.Zero });
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return await client.FindAsync(
                        "apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", ["v1"], default) is not null;
                }
                catch (KubeException notYet)
                {
                    last = notYet.Message;
                    return false;
                }
            },
            "kube-apiserver is ready",
            seen: () => last,
            wrong: () => running.Find(p => p.HasExited) is { } ended
                ? $"{ended.StartInfo.FileName} ended with {ended.ExitCode}: {last}"
                : null,
            within: Patience);
    }

    private string At(string name) => Path.Combine(folder, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    private sealed class TokenOf(string token) : IKubeCredentials
    {
        public ValueTask<KubeCredential> GetAsync(CancellationToken stop) =>
            ValueTask.FromResult(new KubeCredential(new AuthenticationHeaderValue("Bearer", token)));

        public void Refuse(KubeCredential credential)
        {
            // There is no other.
        }
    }

    private sealed class Roots(X509Certificate2Collection roots) : IKubeAuthorities
    {
        public X509Certificate2Collection Current => roots;
    }
}
