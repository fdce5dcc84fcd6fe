using System.Globalization;

namespace TrafficCtl.ProxyLoad.Services;

/// <summary>What one process costs by the number of its services: start, reload, memory, rounds, pages, requests of one of them.</summary>
internal static class ManyServices
{
    public static async Task<int> RunAsync(LoadOptions options, TextWriter output, CancellationToken stop)
    {
        var upstream = new Upstreams(Ports.Free());
        using var nginx = Child.Start(
            options, "upstream", "nginx", "-p", options.Work, "-c", Settings.Write(options, "upstream.conf", upstream.Configuration()));
        try
        {
            using var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false };
            using var client = new HttpClient(handler) { Timeout = Measuring.Patience };
            await Ports.AnswersAsync(client, new Uri(upstream.Of(0, 1)), nginx, TimeSpan.FromSeconds(10), stop);
            var columns = new List<Figures>();
            foreach (var count in options.Services)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count} services ..."));
                columns.Add(await new Measuring(options, client, upstream, count, output).RunAsync(stop));
            }

            Figures.Print(output, options.Services, columns);
            return 0;
        }
        finally
        {
            await nginx.EndAsync();
        }
    }
}
