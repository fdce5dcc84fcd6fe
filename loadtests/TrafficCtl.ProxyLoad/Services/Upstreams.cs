using System.Globalization;
using System.Text;

namespace TrafficCtl.ProxyLoad.Services;

/// <summary>One nginx on many addresses of the loopback network, so that probes and requests do not run out of ports.</summary>
internal sealed record Upstreams(int Port)
{
    private const int Addresses = 100;

    /// <summary>The endpoint of a service's version: another one for each hundredth service.</summary>
    public string Of(int service, int version) =>
        string.Create(CultureInfo.InvariantCulture, $"http://127.0.{version}.{(service % Addresses) + 1}:{Port}");

    public string Configuration()
    {
        var listen = new StringBuilder();
        for (var version = 1; version <= 2; version++)
            for (var address = 1; address <= Addresses; address++)
                listen.Append(CultureInfo.InvariantCulture, $" listen 127.0.{version}.{address}:{Port};");
        return $$"""
            daemon off;
            worker_processes 1;
            pid upstream.pid;
            error_log stderr error;
            events { worker_connections 60000; }
            worker_rlimit_nofile 65000;
            http {
              access_log off;
              keepalive_requests 1000000000;
              keepalive_timeout 1h;
              client_body_temp_path up-body; proxy_temp_path up-proxy; fastcgi_temp_path up-fastcgi;
              uwsgi_temp_path up-uwsgi; scgi_temp_path up-scgi;
              server {{{listen}} location / { return 200 "{{new string('x', 1024)}}"; } }
            }

            """;
    }
}
