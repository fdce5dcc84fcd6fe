using System.Diagnostics;
using System.Net.Sockets;
using TrafficCtl.TestKit;

namespace TrafficCtl.Proxy.Tests.Oddities;

/// <summary>Debian's nginx as a reverse proxy with its defaults, in a directory of its own.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-nginx-");
    private readonly Process process;

    private Nginx(Uri upstream)
    {
        Port = FreePort.Take();
        var path = Path.Combine(directory.FullName, "nginx.conf");
        File.WriteAllText(path, $$"""
            daemon off;
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            worker_processes 1;
            pid nginx.pid;
            error_log stderr crit;
            events { worker_connections 256; }
            http {
              access_log off;
              client_max_body_size 30m;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
              server {
                listen 127.0.0.1:{{Port}};
                location / {
                  proxy_pass {{upstream.GetLeftPart(UriPartial.Authority)}};
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_redirect off;
                }
              }
            }
            """);
        var start = new ProcessStartInfo("nginx", ["-p", directory.FullName, "-c", path])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        process = Process.Start(start)!;
    }

    public int Port { get; }

    public static bool IsInstalled =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(d => File.Exists(Path.Combine(d, "nginx")));

    public static async Task<Nginx> StartAsync(Uri upstream)
    {
        var nginx = new Nginx(upstream);
        await Eventually.TrueAsync(() => nginx.process.HasExited || nginx.Listens(), "nginx listens");
        if (nginx.process.HasExited)
            throw new InvalidOperationException("nginx ended: " + await nginx.process.StandardError.ReadToEndAsync());
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        directory.Delete(recursive: true);
    }

    private bool Listens()
    {
        using var client = new TcpClient();
        try
        {
            client.Connect("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
