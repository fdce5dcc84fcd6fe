using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Hosting;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Listening;

/// <summary>A certificate that is replaced while the proxy runs.</summary>
public sealed class CertificateRenewalTests : IAsyncDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-renewal-");
    private readonly CertificateFiles first = new("first"), second = new("second");
    private readonly ManualClock clock = new(DateTimeOffset.UtcNow);
    private ProxyUnderTest? started;
    private Upstream? upstream;

    private ProxyUnderTest Proxy => started!;

    private TlsFiles Files => new(Path.Combine(directory.FullName, "tls.crt"), Path.Combine(directory.FullName, "tls.key"));

    public enum How
    {
        Overwriting,
        Renaming,
        SwappingLinks,
    }

    [Theory]
    [InlineData(How.Overwriting)]
    [InlineData(How.Renaming)]
    [InlineData(How.SwappingLinks)]
    public async Task A_replaced_certificate_is_in_force_for_new_handshakes_and_no_connection_is_dropped(How how)
    {
        Put(first, how);
        await StartAsync();
        await using var open = await ShakeHandsAsync();
        Assert.Equal("CN=first", open.RemoteCertificate!.Subject);
        Assert.Contains("200 OK", await AskAsync(open), StringComparison.Ordinal);

        Put(second, how);
        await PresentedAsync("CN=second");

        Assert.Contains("200 OK", await AskAsync(open), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_whose_key_follows_later_is_not_presented_before()
    {
        Put(first, How.Overwriting);
        await StartAsync();

        File.Copy(second.Files.Cert, Files.Cert, overwrite: true);
        await ReportedAsync(problem => problem.Contains("cannot be used", StringComparison.Ordinal));
        Assert.Equal("CN=first", await PresentedAsync());
        File.Copy(second.Files.Key, Files.Key, overwrite: true);
        await PresentedAsync("CN=second");

        await ReportedAsync(static problem => problem.Length == 0);
        TakeOneError();
    }

    [Theory]
    [InlineData("no certificate")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_bad_file_keeps_the_former_certificate_and_is_reported_once(string? text)
    {
        Put(first, How.Overwriting);
        await StartAsync();

        if (text is null) File.Delete(Files.Key);
        else File.WriteAllText(Files.Cert, text);
        await ReportedAsync(static problem => problem.Length > 0);

        Assert.Equal("CN=first", await PresentedAsync());
        var problem = Proxy.Notices["certificates"];
        var unusable = $"checkout: the certificate {Files.Cert} with the key {Files.Key} cannot be used: ";
        const string remedy = " Name a PEM certificate and its PEM key. The former one stays in force (valid until ";
        Assert.StartsWith(unusable, problem, StringComparison.Ordinal);
        Assert.Contains(remedy, problem, StringComparison.Ordinal);
        Put(second, How.Overwriting);
        await PresentedAsync("CN=second");
        await ReportedAsync(static gone => gone.Length == 0);
        Assert.Contains(problem, TakeOneError(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_of_something_else_goes_on_with_the_former_certificate_while_its_file_is_bad()
    {
        Put(first, How.Overwriting);
        var spec = await StartAsync();
        File.WriteAllText(Files.Cert, "no certificate");

        await Proxy.Server.ReloadAsync([spec.WithProxy(p => p with { BodyLimit = 1 })], CancellationToken.None);
        Assert.Equal("CN=first", await PresentedAsync());

        await ReportedAsync(static problem => problem.Length > 0);
        TakeOneError();
    }

    public async ValueTask DisposeAsync()
    {
        if (started is not null) await started.DisposeAsync();
        if (upstream is not null) await upstream.DisposeAsync();
        first.Dispose();
        second.Dispose();
        directory.Delete(recursive: true);
    }

    private async Task<ServiceSpec> StartAsync()
    {
        upstream = await Upstream.StartAsync();
        var spec = Spec(("v1", [upstream.Address])).At(new Listener("127.0.0.1", 0, Files));
        started = await ProxyUnderTest.StartAsync(spec, clock);
        return spec;
    }

    private void Put(CertificateFiles from, How how)
    {
        foreach (var (source, target) in (ReadOnlySpan<(string, string)>)[(from.Files.Cert, Files.Cert), (from.Files.Key, Files.Key)])
        {
            switch (how)
            {
                case How.Overwriting:
                    File.Copy(source, target, overwrite: true);
                    break;
                case How.Renaming:
                    File.Copy(source, target + ".new");
                    File.Move(target + ".new", target, overwrite: true);
                    break;
                case How.SwappingLinks:
                    LinkTo(Path.GetDirectoryName(source)!);
                    if (!File.Exists(target))
                        File.CreateSymbolicLink(target, Path.Combine("..data", Path.GetFileName(source)));
                    break;
            }
        }
    }

    /// <summary>As a mounted secret: the files are links through one link to a directory, and that one is replaced.</summary>
    private void LinkTo(string folder)
    {
        var data = Path.Combine(directory.FullName, "..data");
        if (Path.Exists(data)) File.Delete(data);
        Directory.CreateSymbolicLink(data, folder);
    }

    /// <summary>Lets time go by until a new connection gets the certificate.</summary>
    private Task PresentedAsync(string subject) => Eventually.TrueAsync(
        () =>
        {
            clock.Advance(FileRenewal.Period);
            return PresentedAsync().GetAwaiter().GetResult() == subject;
        },
        $"{subject} is presented");

    private async Task<string> PresentedAsync()
    {
        await using var stream = await ShakeHandsAsync();
        return stream.RemoteCertificate!.Subject;
    }

    private Task ReportedAsync(Func<string, bool> isIt) => Eventually.TrueAsync(
        () =>
        {
            clock.Advance(FileRenewal.Period);
            return isIt(Proxy.Notices.GetValueOrDefault("certificates", ""));
        },
        "the certificate's problem is reported");

    private string TakeOneError()
    {
        Assert.True(Proxy.Errors.Lines.TryDequeue(out var line));
        Assert.Empty(Proxy.Errors.Lines);
        return line;
    }

    private async Task<SslStream> ShakeHandsAsync()
    {
        var socket = await Proxy.ConnectAsync();
        var stream = new SslStream(
            new NetworkStream(socket, ownsSocket: true), false, static (_, certificate, _, _) => certificate is { Subject.Length: > 0 });
        await stream.AuthenticateAsClientAsync("shop.example");
        return stream;
    }

    private static async Task<string> AskAsync(SslStream stream)
    {
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"u8.ToArray());
        var (text, buffer) = ("", new byte[4096]);
        while (!text.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer);
            if (read == 0) break;
            text += Encoding.Latin1.GetString(buffer, 0, read);
        }

        return text;
    }
}
