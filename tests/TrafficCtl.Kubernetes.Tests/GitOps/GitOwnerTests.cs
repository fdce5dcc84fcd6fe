using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Events;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.GitOps;

public sealed class GitOwnerTests
{
    [Theory]
    [InlineData(
        "annotations: { 'argocd.argoproj.io/tracking-id': 'checkout:apps/Deployment:shop/checkout' }",
        "Argo CD Application checkout", "argocd app set checkout --sync-policy none", "argocd app sync checkout")]
    [InlineData(
        "annotations: { 'argocd.argoproj.io/tracking-id': 'team-a_checkout:apps/Deployment:shop/checkout' }",
        "Argo CD Application team-a/checkout", "argocd app set checkout --app-namespace team-a --sync-policy none",
        "argocd app sync checkout --app-namespace team-a")]
    [InlineData(
        "labels: { 'argocd.argoproj.io/instance': checkout }",
        "Argo CD Application checkout", "argocd app set checkout --sync-policy none", "argocd app sync checkout")]
    [InlineData(
        "labels: { 'app.kubernetes.io/instance': checkout }, managedFields: [{ manager: argocd-controller, operation: Apply }]",
        "Argo CD Application checkout", "argocd app set checkout --sync-policy none", "argocd app sync checkout")]
    [InlineData(
        "labels: { 'kustomize.toolkit.fluxcd.io/name': apps, 'kustomize.toolkit.fluxcd.io/namespace': flux-system }",
        "Flux Kustomization flux-system/apps", "flux suspend kustomization apps -n flux-system",
        "flux reconcile kustomization apps -n flux-system --with-source")]
    [InlineData(
        "labels: { 'helm.toolkit.fluxcd.io/name': checkout, 'helm.toolkit.fluxcd.io/namespace': shop, 'app.kubernetes.io/instance': "
            + "checkout }",
        "Flux HelmRelease shop/checkout", "flux suspend helmrelease checkout -n shop",
        "flux reconcile helmrelease checkout -n shop --with-source")]
    public void The_labels_of_a_tool_name_what_applies_an_object(string metadata, string what, string pause, string apply) =>
        Assert.Equal(new GitOwner(what, pause, apply), GitOwner.Of(Thing(metadata)));

    [Theory]
    [InlineData("labels: { 'app.kubernetes.io/instance': checkout, 'app.kubernetes.io/managed-by': Helm }")]
    [InlineData("labels: { 'app.kubernetes.io/instance': checkout }, managedFields: [{ manager: helm, operation: Update }]")]
    [InlineData("labels: { 'kustomize.toolkit.fluxcd.io/name': apps }")]
    [InlineData("annotations: { 'argocd.argoproj.io/tracking-id': 'no id' }")]
    [InlineData("annotations: {}")]
    public void What_no_tool_has_marked_is_nobodys(string metadata) => Assert.Null(GitOwner.Of(Thing(metadata)));

    private static JsonObject Thing(string metadata) => YamlJson.One($"metadata: {{ name: checkout, {metadata} }}");
}
