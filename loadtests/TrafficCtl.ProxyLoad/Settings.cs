namespace TrafficCtl.ProxyLoad;

/// <summary>The configuration files of everything that runs.</summary>
internal static class Settings
{
    private static readonly int Cores = Environment.ProcessorCount;

    public static bool Has(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(d => File.Exists(Path.Combine(d, tool)));

    public static string Write(LoadOptions options, string name, string text)
    {
        var path = Path.Combine(options.Work, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>One worker that answers 1 KiB on two ports, one a version.</summary>
    public static string Upstream(int v1, int v2) => $$"""
        {{Base("upstream", 1)}}
          server { listen 127.0.0.1:{{v1}}; location / { add_header x-version v1; return 200 "{{new string('x', 1024)}}"; } }
          server { listen 127.0.0.1:{{v2}}; location / { add_header x-version v2; return 200 "{{new string('x', 1024)}}"; } }
        }

        """;

    public static string Nginx(int port, int upstream) => $$"""
        {{Base("nginx", Cores)}}
          upstream up { server 127.0.0.1:{{upstream}}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 1h; }
          server { listen 127.0.0.1:{{port}}; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } }
        }

        """;

    public static string HaProxy(int port, int upstream) => $"""
        global
          nbthread {Cores}
          maxconn 4096
        defaults
          mode http
          timeout connect 2s
          timeout client 100s
          timeout server 100s
          http-reuse always
        frontend in
          bind 127.0.0.1:{port}
          default_backend up
        backend up
          server one 127.0.0.1:{upstream}

        """;

    /// <summary>A rollout that is at half and stays there for as long as anybody measures.</summary>
    public static string Delivery(int header, int cookie, int v1, int v2)
    {
        return string.Join("---\n", One("by-header", header, "identity: [header:x-user-id]\n"), One("by-cookie", cookie, ""));

        string One(string name, int port, string identity) => $$"""
            service: {{name}}
            listen: http://127.0.0.1:{{port}}
            {{identity}}versions:
              v1: [http://127.0.0.1:{{v1}}]
              v2: [http://127.0.0.1:{{v2}}]
            stable: v1
            rollout:
              - { weights: [50, 100], hold: 1d }
            analysis:
              errors: { then: hold }
              latency: { then: hold }

            """;
    }

    private static string Base(string name, int workers) => $$"""
        daemon off;
        worker_processes {{workers}};
        pid {{name}}.pid;
        error_log stderr error;
        events { worker_connections 4096; }
        http {
          access_log off;
          keepalive_requests 1000000000;
          keepalive_timeout 1h;
          client_body_temp_path {{name}}-body; proxy_temp_path {{name}}-proxy; fastcgi_temp_path {{name}}-fastcgi;
          uwsgi_temp_path {{name}}-uwsgi; scgi_temp_path {{name}}-scgi;
        """;
}
