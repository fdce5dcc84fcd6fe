{{- define "trafficctl.selector" -}}
app.kubernetes.io/name: trafficctl
app.kubernetes.io/component: controller
{{- end }}

{{- define "trafficctl.labels" -}}
{{ include "trafficctl.selector" . }}
app.kubernetes.io/part-of: trafficctl
{{- end }}

{{- define "trafficctl.subject" -}}
- kind: ServiceAccount
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
{{- end }}
