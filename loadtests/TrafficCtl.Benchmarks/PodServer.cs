using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Benchmarks;

/// <summary>
/// An API server with pods alone, for <see cref="PodCache"/>: it streams its list, in pages where that is asked for, and changes when it is
/// told to.
/// </summary>
internal static class PodServer
{
    public static async Task RunAsync(int port, int pods)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}");
        await using var app = builder.Build();
        var changes = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        app.MapPost("/change/{count:int}", (int count) => changes.TrySetResult(count));
        app.MapGet("/api/v1/pods", async context =>
        {
            if (context.Request.Query.ContainsKey("watch")) await WatchAsync(context, pods, changes.Task);
            else await ListAsync(context, pods);
        });
        await app.RunAsync();
    }

    private static async Task ListAsync(HttpContext context, int pods)
    {
        var from = Number(context, "continue") ?? 0;
        var to = Math.Min(pods, from + (Number(context, "limit") ?? pods));
        var page = new StringBuilder("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"");
        if (to < pods) page.Append(CultureInfo.InvariantCulture, $",\"continue\":\"{to}\"");
        page.Append("},\"items\":[");
        for (var i = from; i < to; i++) page.Append(i == from ? "" : ",").Append(Pod(i, 1));
        await context.Response.WriteAsync(page.Append("]}").ToString());
    }

    private static async Task WatchAsync(HttpContext context, int pods, Task<int> changes)
    {
        await using var lines = new StreamWriter(context.Response.Body, new UTF8Encoding(false), 64 * 1024);
        if (context.Request.Query.ContainsKey("sendInitialEvents"))
        {
            for (var i = 0; i < pods; i++) await EventAsync(lines, "ADDED", Pod(i, 1));
            await EventAsync(lines, "BOOKMARK",
                """{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"1","annotations":{"k8s.io/initial-events-end":"true"}}}""");
        }

        await lines.FlushAsync();
        var count = await changes.WaitAsync(context.RequestAborted);
        for (var i = 0; i < count; i++) await EventAsync(lines, "MODIFIED", Pod(i * 7 % pods, i + 2));
        await lines.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Task EventAsync(StreamWriter lines, string type, string pod) =>
        lines.WriteAsync($"{{\"type\":\"{type}\",\"object\":{pod}}}\n");

    private static int? Number(HttpContext context, string key) =>
        int.TryParse(context.Request.Query[key], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Some 2.5 kB, as a Deployment's pods are.</summary>
    private static string Pod(int number, int version) => $$$"""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"checkout-7d9c5b8f6d-{{{number:D5}}}","generateName":"checkout-7d9c5b8f6d-","namespace":"shop-{{{number % 50}}}","uid":"6f1c2b0e-7a52-4b7e-9c0f-{{{number:D12}}}","resourceVersion":"{{{version}}}","creationTimestamp":"2026-11-30T08:00:00Z","labels":{"app":"checkout","pod-template-hash":"7d9c5b8f6d","team":"payments","version":"v{{{number % 3}}}"},"annotations":{"prometheus.io/port":"9090","prometheus.io/scrape":"true","kubectl.kubernetes.io/restartedAt":"2026-11-29T21:14:03Z"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-7d9c5b8f6d","uid":"0b5f3a0c-1111-4222-8333-444455556666","controller":true,"blockOwnerDeletion":true}]},"spec":{"volumes":[{"name":"kube-api-access-x2v9q","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],"defaultMode":420}}],"containers":[{"name":"checkout","image":"ghcr.io/acme/checkout:v{{{number % 3}}}","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"env":[{"name":"LOG_LEVEL","value":"info"},{"name":"DATABASE","value":"postgres://checkout-db.shop.svc:5432/checkout"}],"resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},"volumeMounts":[{"name":"kube-api-access-x2v9q","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"readinessProbe":{"httpGet":{"path":"/healthz","port":8080,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"checkout","nodeName":"node-{{{number % 200}}}","schedulerName":"default-scheduler","priority":0},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-11-30T08:00:09Z"},{"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-11-30T08:00:00Z"}],"hostIP":"10.1.0.{{{number % 250}}}","podIP":"10.{{{number / 65536}}}.{{{number / 256 % 256}}}.{{{number % 256}}}","startTime":"2026-11-30T08:00:00Z","qosClass":"Burstable"}}
        """;
}
